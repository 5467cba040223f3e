using System.Text.Json;
using Perennial.Load.Log;

namespace Perennial.Load.Segmentation;

/// <summary>
/// What lasts beyond the processes of a run: the store of the house (or, with a SQL Server, the note of what that holds), what was
/// appended to the log, and which log it is.
/// </summary>
sealed class StoreFolder : IDisposable
{
    const string NoteFile = "load.json";
    readonly bool _keep;

    StoreFolder(string path, Note note, bool isBuilt, bool keep) => (Folder, Log, Now, OnSqlServer, IsBuilt, _keep) = (path, note.Log, note.Now, note.OnSqlServer, isBuilt, keep);

    public string Folder { get; }
    public LogSpec Log { get; }
    public bool OnSqlServer { get; }

    /// <summary>The house applied the whole history before this run.</summary>
    public bool IsBuilt { get; }

    /// <summary>What the clock of the house has come to: nothing in the log is later. It starts at a noon.</summary>
    public DateTimeOffset Now { get; private set; }

    /// <summary>The kept store where there is one and the mode can use it, otherwise an empty one.</summary>
    /// <exception cref="ArgumentException">The kept store is of another kind.</exception>
    public static StoreFolder Open(SegmentationSettings settings)
    {
        if (!settings.Keep) return Empty(Path.Combine(settings.Data, "perennial-load-" + Guid.NewGuid().ToString("N")), settings);
        var folder = Path.Combine(settings.Data, "perennial-load-segmentation");
        var file = Path.Combine(folder, NoteFile);
        if (settings.StartsEmpty || !File.Exists(file))
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            return Empty(folder, settings);
        }
        var note = JsonSerializer.Deserialize<Note>(File.ReadAllText(file))!;
        if (settings.OrdersOnly && !note.Log.OrdersOnly) throw new ArgumentException($"{folder} holds a store of --apply; --{settings.Mode} needs one of --rebuild, in another --data");
        if (note.OnSqlServer != settings.SqlServer is not null) throw new ArgumentException($"{folder} belongs to a store on {(note.OnSqlServer ? "a SQL Server: name it with --sqlserver" : "SQLite: leave out --sqlserver")}");
        return new StoreFolder(folder, note, isBuilt: true, keep: true);
    }

    static StoreFolder Empty(string folder, SegmentationSettings settings)
        => new(Directory.CreateDirectory(folder).FullName, new Note(settings.ToLog(), LogSpec.End.AddHours(12), settings.SqlServer is not null), isBuilt: false, settings.Keep);

    /// <summary>Notes that the house has applied the history.</summary>
    public void Built() => Write();

    /// <summary>Notes how far the clock has come.</summary>
    public void Reached(DateTimeOffset now)
    {
        Now = now;
        if (File.Exists(NotePath)) Write();
    }

    /// <summary>Of the store alone; 0 where it lies on a SQL Server.</summary>
    public double Megabytes() => OnSqlServer ? 0 : Directory.EnumerateFiles(Folder, "segmentation.db*").Sum(file => new FileInfo(file).Length) / 1_048_576.0;

    public void Dispose()
    {
        if (!_keep) Directory.Delete(Folder, recursive: true);
    }

    string NotePath => Path.Combine(Folder, NoteFile);

    void Write() => File.WriteAllText(NotePath, JsonSerializer.Serialize(new Note(Log, Now, OnSqlServer)));

    sealed record Note(LogSpec Log, DateTimeOffset Now, bool OnSqlServer);
}
