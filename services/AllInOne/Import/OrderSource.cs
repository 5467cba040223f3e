using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Import;

/// <summary>The orders of a CSV file. The checkpoint is the number of orders sent; the facts go with the last of them.</summary>
internal sealed class OrderSource(IReadOnlyList<Order> orders, OrderEvents events, IReadOnlyDictionary<string, long> facts) : IImportSource
{
    public IEnumerable<SourceChunk> From(long checkpoint)
    {
        var chunk = new ImportChunk { Checkpoint = checkpoint };
        var (rows, bytes) = (orders.Take((int)checkpoint).Sum(o => (long)o.Rows), 0);
        for (var i = (int)Math.Min(checkpoint, orders.Count); i < orders.Count; i++)
        {
            foreach (var e in events.Of(orders[i]))
            {
                chunk.Events.Add(e);
                bytes += e.CalculateSize();
            }
            rows += orders[i].Rows;
            if (i + 1 == orders.Count || (bytes < ChunkLimits.BytesMax && chunk.Events.Count < ChunkLimits.EventsMax)) continue;
            chunk.NextCheckpoint = i + 1;
            yield return new SourceChunk(chunk, rows, (i + 1.0) / orders.Count);
            (chunk, bytes) = (new ImportChunk { Checkpoint = i + 1 }, 0);
        }
        (chunk.NextCheckpoint, chunk.Done) = (Math.Max(orders.Count, chunk.Checkpoint + 1), true);
        chunk.Facts.Add(facts.ToDictionary());
        yield return new SourceChunk(chunk, rows, 1);
    }
}
