using Google.Protobuf;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.Storage.Identity;

namespace Perennial.Ingestion.Workers;

/// <summary>
/// Moves history when it becomes clear whose it is: a reset ends what a customer had, then each of their events is recorded
/// anew for whom its own ids lead to now. One customer after the other in the order in which the links changed, each in pieces
/// of one commit with its progress, so an end at any point is gone on from there, by whichever replica.
/// </summary>
internal sealed class ReattributionWorker : RecurringWork
{
    /// <summary>Customers looked at together.</summary>
    const int DueMax = 200;

    readonly IdentityStore _identities;
    readonly LogStore _store;
    readonly Eraser _eraser;
    readonly IngestionOptions _options;
    readonly Metrics _metrics;
    readonly ILogger _log;

    public ReattributionWorker(IdentityStore identities, LogStore store, Eraser eraser, IOptions<IngestionOptions> options, HealthState health, Metrics metrics, TimeProvider clock, ILogger<ReattributionWorker> log)
        : base(TimeSpan.FromMilliseconds(options.Value.PollMillis), clock)
    {
        (_identities, _store, _eraser, _options, _metrics, _log) = (identities, store, eraser, options.Value, metrics, log);
        health.AddCheck("reattribution", () => Failure is { } failure ? $"the history of merged customers does not move: {failure.Message}" : null);
    }

    protected override bool BeginsAtOnce => true;

    // Other replicas tell only the store.
    protected override Task CalledAsync() => _identities.Due.Next;

    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        while (await _identities.DueAsync(DueMax, cancellation) is [var first, ..] due) await StepAsync(first, due, cancellation);
    }

    protected override void Say(Exception failure) => _log.HistoryStuck(_options.PollMillis, failure);

    async Task StepAsync(Reattribution first, IReadOnlyList<Reattribution> due, CancellationToken cancellation)
    {
        if (first.Reason == ResetReason.Erased)
        {
            await _eraser.StepAsync(first, cancellation);
            return;
        }
        var without = await WithoutEventsAsync(due, cancellation);
        if (without.Count > 0) await _identities.FinishAsync(without, cancellation);
        else if (first.Until > 0) await CopyAsync(first, cancellation);
        else await _identities.BeginAsync(first, Reset(first), cancellation);
    }

    /// <summary>The first in line of whom nothing was recorded. Most ids join a customer with the first event that names them: a commit for each would be one too many.</summary>
    async Task<List<Reattribution>> WithoutEventsAsync(IReadOnlyList<Reattribution> due, CancellationToken cancellation)
    {
        var without = new List<Reattribution>();
        foreach (var one in due)
        {
            if (one.Reason == ResetReason.Erased || one.Until > 0 || await _identities.HasAnyAsync(one, cancellation)) break;
            without.Add(one);
        }
        return without;
    }

    async Task CopyAsync(Reattribution due, CancellationToken cancellation)
    {
        var piece = await _identities.PieceAsync(due, _options.ReattributeEventsMax, cancellation);
        await _identities.CopyAsync(due, [.. piece.Events.Select(e => ToCopy(e, due.Customer))], piece.Next, Now, cancellation);
        _metrics.Reattributed(piece.Events.Count);
    }

    // What once was an id and is none by the rules of now stays where it is.
    static Copy ToCopy(LoggedEvent logged, CustomerId customer)
    {
        var e = Event.Parser.ParseFrom(logged.Payload);
        return new Copy(logged, EventIdentity.IdsOf(e).FirstOrDefault(customer), e.MessageId);
    }

    PlacedEvent Reset(Reattribution due)
    {
        var payload = new Event { CustomerReset = new CustomerReset { Reason = (CustomerReset.Types.Reason)due.Reason } }.ToByteArray();
        return _store.Place(due.Customer, due.Shop, "", Now, Now, payload);
    }

    DateTimeOffset Now => Clock.GetUtcNow().WholeMillis();
}
