using System.Data.Common;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>Reads the keys of a run in ascending order, one chunk in memory at a time.</summary>
internal sealed class RunCursor
{
    readonly KeyRuns _runs;
    readonly DbConnection _connection;
    readonly long _run;
    int _chunk;
    byte[] _keys = [];
    int _at;

    /// <summary>Stands at the first key above <paramref name="digest"/>, or at the first of all.</summary>
    public RunCursor(KeyRuns runs, DbConnection connection, KeyRun run, ulong? digest)
    {
        (_runs, _connection, _run) = (runs, connection, run.Run);
        _chunk = digest is { } behind ? Math.Max(0, run.LastUpTo(behind)) : 0;
        Load();
        while (digest is { } done && !Ended && Key.Digest <= done) Move();
    }

    public bool Ended => _keys.Length == 0;

    public MessageKey Key { get; private set; }

    public void Move()
    {
        _at += MessageKey.Bytes;
        if (_at < _keys.Length) Key = MessageKey.Read(_keys.AsSpan(_at));
        else Load();
    }

    void Load()
    {
        _keys = _runs.Chunk(_connection, null, _run, _chunk++);
        _at = 0;
        if (!Ended) Key = MessageKey.Read(_keys);
    }
}
