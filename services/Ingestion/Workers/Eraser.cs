using Google.Protobuf;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Ingestion.Storage.Privacy;

namespace Perennial.Ingestion.Workers;

/// <summary>Does the next step of an erasure whose turn it is among the customers whose events are recorded anew.</summary>
internal sealed class Eraser(ErasureStore erasures, IdentityStore identities, LogStore log, IOptions<IngestionOptions> options, TimeProvider clock)
{
    readonly int _max = options.Value.ReattributeEventsMax;

    public async Task StepAsync(Reattribution due, CancellationToken cancellation)
    {
        var erasure = await erasures.OfNumberAsync(due.Number, cancellation);
        var subjects = await erasures.SubjectsAsync(erasure, cancellation);
        if (erasure.State == ErasureState.Due) await RecordRemainsAsync(due, erasure, subjects, cancellation);
        else await TombstoneAsync(due, erasure, subjects, cancellation);
    }

    async Task RecordRemainsAsync(Reattribution due, Erasure erasure, IReadOnlyList<ErasureSubject> subjects, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow().WholeMillis();
        var payload = new Event { CustomerReset = new CustomerReset { Reason = CustomerReset.Types.Reason.Erased } }.ToByteArray();
        var resets = subjects.Where(s => s.Whole).Select(s => log.Place(s.Customer, due.Shop, "", now, now, payload)).ToList();
        await erasures.RecordRemainsAsync(due, erasure, resets, await RemainsAsync(due, erasure, now, cancellation), cancellation);
    }

    /// <summary>What counts of the person today, stripped, under the name of what remains; at the end that they left.</summary>
    async Task<IReadOnlyList<PlacedEvent>> RemainsAsync(Reattribution due, Erasure erasure, DateTimeOffset now, CancellationToken cancellation)
    {
        var (logged, events) = (new List<LoggedEvent>(), new List<(Event, DateTimeOffset)>());
        await foreach (var e in log.AllOfAsync(due.Shop, due.Customer, await identities.LastResetAsync(due.Shop, due.Customer, cancellation), _max, cancellation))
        {
            var parsed = Event.Parser.ParseFrom(e.Payload);
            if (parsed.PayloadCase == Event.PayloadOneofCase.CustomerReset) continue;
            logged.Add(e);
            events.Add((parsed, e.EventTime));
        }
        if (logged.Count == 0) return [];
        var partition = log.PartitionOf(due.Shop, CustomerId.Stored(erasure.Remains));
        var left = new Event { MessageId = "left", CustomerErased = new CustomerErased() };
        return [.. Remnants.Of(events).Select(r => Placed(r.Remnant, logged[r.Index].EventTime, logged[r.Index].ReceiveTime)), Placed(left, now, now)];

        PlacedEvent Placed(Event e, DateTimeOffset eventTime, DateTimeOffset receiveTime)
            => new(partition, due.Shop, erasure.Remains, due.Customer.Identified, "", eventTime, receiveTime, e.ToByteArray(), now);
    }

    /// <summary>One piece; when there is none left, the end.</summary>
    async Task TombstoneAsync(Reattribution due, Erasure erasure, IReadOnlyList<ErasureSubject> subjects, CancellationToken cancellation)
    {
        var ids = subjects.Where(s => s.Whole).Select(s => s.Customer).ToList();
        var markers = (await erasures.MarkersAsync(erasure, cancellation)).ToHashSet();
        var piece = new List<ErasedEvent>();
        foreach (var subject in subjects)
        {
            var partition = log.PartitionOf(due.Shop, subject.Customer);
            await foreach (var e in log.AllOfAsync(due.Shop, subject.Customer, 0, _max, cancellation))
            {
                var parsed = Event.Parser.ParseFrom(e.Payload);
                if (markers.Contains((partition, e.Position)) || !(subject.Whole || EventIdentity.IdsOf(parsed) is [var strongest, ..] && ids.Contains(strongest))) continue;
                var isReset = parsed.PayloadCase == Event.PayloadOneofCase.CustomerReset;
                piece.Add(new ErasedEvent(partition, e.Position, parsed.MessageId, IsOwn: !isReset && e.ReattributeTime is null));
                if (piece.Count == _max) break;
            }
            if (piece.Count == _max) break;
        }
        if (piece.Count > 0) await erasures.TombstoneAsync(due, erasure, piece, cancellation);
        else await erasures.CompleteAsync(due, erasure, ids, cancellation);
    }
}
