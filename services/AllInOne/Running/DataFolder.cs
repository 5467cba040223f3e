using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Running;

/// <summary>
/// The folder that one platform works in. It is locked while the platform runs, so that two never write the same files;
/// a temporary one is removed at the end.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    const string LockFile = "platform.lock";
    const string AddressFile = "platform.address";

    readonly FileStream _lock;
    readonly bool _temporary;

    DataFolder(string path, FileStream held, bool temporary) => (Path, _lock, _temporary) = (path, held, temporary);

    public string Path { get; }

    /// <exception cref="StartException">When the folder cannot be written, or a platform runs on it.</exception>
    public static DataFolder Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(full);
            return new DataFolder(full, Lock(full), temporary: false);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new StartException(FindRunning(full) is { } address
                ? $"a platform runs on '{path}' already, at {address}; end it or choose another folder with --data."
                : $"cannot write the data folder '{path}' ({e.Message.TrimEnd('.')}); choose another with --data.", e);
        }
    }

    public static DataFolder Temporary()
    {
        var path = Directory.CreateTempSubdirectory("perennial-").FullName;
        return new DataFolder(path, Lock(path), temporary: true);
    }

    /// <summary>Where the platform that holds the folder listens; null when none does.</summary>
    public static Uri? FindRunning(string path)
    {
        var address = System.IO.Path.Combine(path, AddressFile);
        if (!File.Exists(address) || IsFree(path)) return null;
        return Uri.TryCreate(File.ReadAllText(address).Trim(), UriKind.Absolute, out var uri) ? uri : null;
    }

    /// <summary>Lets others find the platform that holds the folder.</summary>
    public void Announce(Uri gateway) => File.WriteAllText(System.IO.Path.Combine(Path, AddressFile), gateway + Environment.NewLine);

    public void Dispose()
    {
        File.Delete(System.IO.Path.Combine(Path, AddressFile));
        _lock.Dispose();
        if (_temporary) Directory.Delete(Path, recursive: true);
    }

    static FileStream Lock(string path) => new(System.IO.Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    static bool IsFree(string path)
    {
        try
        {
            using var held = Lock(path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
