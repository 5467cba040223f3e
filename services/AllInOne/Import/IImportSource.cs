using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Import;

/// <summary>A piece of a source, ready to be sent.</summary>
/// <param name="Rows">Rows of the source up to its end.</param>
/// <param name="Share">Of the source, 0 to 1, up to its end.</param>
internal sealed record SourceChunk(ImportChunk Chunk, long Rows, double Share);

/// <summary>Events of a source, in an order that is the same each time it is read.</summary>
internal interface IImportSource
{
    /// <summary>The chunks that follow a checkpoint; the last one is done. Nothing is to follow once an import is done.</summary>
    IEnumerable<SourceChunk> From(long checkpoint);
}

/// <summary>When a chunk is full: small enough that live events never wait long for its commit.</summary>
internal static class ChunkLimits
{
    public const int EventsMax = 1_000;
    public const int BytesMax = 1024 * 1024;
}
