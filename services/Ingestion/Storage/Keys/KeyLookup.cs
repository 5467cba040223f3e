using System.Data.Common;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>Reads single chunks and the ids of single events.</summary>
internal sealed class KeyLookup(DbCommand chunk, DbCommand ids, Func<long, int, long> chunkOf) : IDisposable
{
    /// <summary>The keys of a chunk that is there.</summary>
    public byte[] Chunk(long run, int number)
    {
        chunk.Parameters[0].Value = chunkOf(run, number);
        using var reader = chunk.ExecuteReader();
        return reader.Read() ? reader.GetFieldValue<byte[]>(0) : throw new InvalidOperationException($"Run {run} of the keys lacks its chunk {number}.");
    }

    /// <summary>Whether the event at a place has these ids. Of an event that is no longer there the digest alone tells: it was recorded.</summary>
    public bool IsAt(RunKey key, string shop, string messageId)
    {
        ids.Parameters[0].Value = key.Partition;
        ids.Parameters[1].Value = key.Position;
        using var reader = ids.ExecuteReader();
        return !reader.Read() || (reader.GetString(0) == shop && reader.GetString(1) == messageId);
    }

    public void Dispose()
    {
        chunk.Dispose();
        ids.Dispose();
    }
}
