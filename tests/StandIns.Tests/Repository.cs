namespace Perennial.StandIns.Tests;

static class Repository
{
    /// <summary>Where the tests were built from.</summary>
    internal static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    static string Find(DirectoryInfo? folder) => folder switch
    {
        null => throw new InvalidOperationException("These tests run from within the repository they were built in."),
        _ when File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")) => folder.FullName,
        _ => Find(folder.Parent),
    };
}
