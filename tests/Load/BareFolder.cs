namespace Perennial.Load;

/// <summary>A folder for what a ceiling writes, gone when it is measured.</summary>
sealed class BareFolder(string data) : IDisposable
{
    public string Path { get; } = Directory.CreateDirectory(System.IO.Path.Combine(data, "perennial-load-bare-" + Guid.NewGuid().ToString("N"))).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
