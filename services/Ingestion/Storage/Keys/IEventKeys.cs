using System.Data.Common;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>
/// Finds events by what they carry: which (shop, message id) the log has ever recorded, exact, for ever, across processes; and where
/// the events of a customer are. Two ways to both, since an index on random values costs SQLite one rewritten page per event.
/// </summary>
internal interface IEventKeys
{
    /// <summary>Makes ready for the first append.</summary>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>Those of <paramref name="events"/> that are recorded. To be asked before the transaction appends anything to the log.</summary>
    Task<HashSet<(string Shop, string MessageId)>> KnownAsync(Write write, IReadOnlyList<LogEvent> events);

    /// <summary>Adds the events at the indexes <paramref name="fresh"/>, in the transaction that writes them. The answer is called once the commit stands.</summary>
    Task<Action> AddAsync(Write write, IReadOnlyList<PlacedEvent?> events, IReadOnlyList<int> fresh, long[] positions, CancellationToken cancellation);

    /// <summary>Nothing is kept of these messages; they count as never recorded.</summary>
    Task ForgetAsync(Write write, string shop, IReadOnlyList<string> messageIds);

    /// <summary>
    /// Ascending parts of a partition after <paramref name="after"/> that hold all events of a customer that are committed now, and others. Meanwhile
    /// the connection may be in a transaction, which the commands that it makes join.
    /// </summary>
    IEnumerable<LogPart> PartsOf(DbConnection connection, int partition, string shop, string customer, long after);

    /// <summary>Does one piece of the work that no commit should wait for. True when there is more.</summary>
    Task<bool> TidyAsync(CancellationToken cancellation);
}

/// <summary>Consecutive positions of a partition: behind <paramref name="After"/>, up to <paramref name="Until"/>.</summary>
internal readonly record struct LogPart(long After, long Until);

/// <summary>How much memory the keys of a SQLite log may take.</summary>
/// <param name="SetMax">Keys in memory before they become a run.</param>
/// <param name="FilterBits">Bits per message key of the filters in memory.</param>
internal sealed record KeyLimits(int SetMax = 262_144, int FilterBits = 16);
