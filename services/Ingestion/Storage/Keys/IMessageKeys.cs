using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>
/// Which (shop, message id) the log has ever recorded: exact, for ever, across processes. Two ways to it, since a unique index
/// on random ids costs SQLite one rewritten page per event.
/// </summary>
internal interface IMessageKeys
{
    /// <summary>Makes ready for the first append.</summary>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>Those of <paramref name="events"/> that are recorded.</summary>
    Task<HashSet<(string Shop, string MessageId)>> KnownAsync(Write write, IReadOnlyList<LogEvent> events);

    /// <summary>Adds the events at the indexes <paramref name="fresh"/>, in the transaction that writes them. The answer is called once the commit stands.</summary>
    Task<Action> AddAsync(Write write, IReadOnlyList<PlacedEvent?> events, IReadOnlyList<int> fresh, long[] positions, CancellationToken cancellation);

    /// <summary>Does one piece of the work that no commit should wait for. True when there is more.</summary>
    Task<bool> TidyAsync(CancellationToken cancellation);
}

/// <summary>How much memory the keys of a SQLite log may take.</summary>
/// <param name="SetMax">Keys in memory before they become a run.</param>
/// <param name="FilterBits">Bits per key of the filters in memory.</param>
internal sealed record KeyLimits(int SetMax = 65_536, int FilterBits = 12);
