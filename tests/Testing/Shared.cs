using Xunit;

namespace Perennial.Testing;

/// <summary>Data sets and independently computed tables that live beside the repository, not in it.</summary>
public static class Shared
{
    /// <summary>The file, or a skip with the reason where it is not there.</summary>
    public static string FileOrSkip(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "shared", path);
            if (File.Exists(file)) return file;
        }
        Assert.Skip($"shared/{path} is not beside the repository");
        return "";
    }
}
