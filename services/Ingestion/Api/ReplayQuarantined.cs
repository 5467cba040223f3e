using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<ReplayQuarantinedResponse> ReplayQuarantined(ReplayQuarantinedRequest request, ServerCallContext context)
    {
        Check(request);
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        var numbers = request.Replays.Select(r => Mapping.ToSequence(r.Quarantined)).ToList();
        var receipts = await quarantine.ReceiptsAsync(request.Shop, numbers, context.CancellationToken);
        var results = await RecordAgainAsync(request, numbers, receipts, context.CancellationToken);
        // First on disk, then out of quarantine: whatever happens in between, the next replay finds a duplicate.
        await SettleAsync(request.Shop, numbers.Zip(results).Where(r => receipts.ContainsKey(r.First)).ToList());
        var response = new ReplayQuarantinedResponse
        {
            Results = { results },
            RecordedCount = results.Count(r => r.Outcome == Outcome.Recorded),
            DuplicateCount = results.Count(r => r.Outcome == Outcome.Duplicate),
            RefusedCount = results.Count(r => r.Outcome == Outcome.Refused),
        };
        metrics.Replayed(response.RecordedCount, response.DuplicateCount, response.RefusedCount);
        return response;
    }

    void Check(ReplayQuarantinedRequest request)
    {
        var violations = new Violations().Require(request.Replays.Count > 0 && request.Replays.Count <= _options.BatchEventsMax, "replays", $"must have 1 to {_options.BatchEventsMax} replays");
        violations.Require(request.Replays.Select(r => r.Quarantined).Distinct().Count() == request.Replays.Count, "replays", "must name each quarantined event once");
        foreach (var (i, replay) in request.Replays.Index())
        {
            violations.Require(replay.MadeCase != Replay.MadeOneofCase.None, $"replays[{i}]", "must have an event or a fault");
            if (replay.Fault is { } fault) violations.Require(IsReason(fault.Reason) && AreFew(fault.Violations), $"replays[{i}].fault", "must have a reason and violations as QuarantineEvents takes them");
        }
        violations.Throw();
    }

    /// <summary>Judges and records what was made an event of those still kept, by the path of every event; the rest is answered as it is.</summary>
    async Task<IReadOnlyList<EventResult>> RecordAgainAsync(ReplayQuarantinedRequest request, List<long> numbers, IReadOnlyDictionary<long, DateTimeOffset> receipts, CancellationToken cancellation)
    {
        var made = Enumerable.Range(0, numbers.Count).Where(i => receipts.ContainsKey(numbers[i]) && request.Replays[i].Event is not null).ToList();
        var (again, response) = (new RecordEventsRequest { Shop = request.Shop, Events = { made.Select(i => request.Replays[i].Event) } }, new RecordEventsResponse());
        var good = Judge(again, response, [.. made.Select(i => receipts[numbers[i]])]);
        if (good.Count > 0) Answer(again, response, await AppendAsync(request.Shop, good, cancellation));
        metrics.Answered(response.RecordedCount, response.DuplicateCount, response.RefusedCount);
        var judged = new Queue<EventResult>(response.Results);
        return [.. request.Replays.Select((replay, i) => !receipts.ContainsKey(numbers[i]) ? Gone(replay) : replay.Event is null ? Faulty(replay.Fault) : judged.Dequeue())];
    }

    static EventResult Faulty(QuarantineFault fault) => new() { Outcome = Outcome.Refused, Reason = fault.Reason, Violations = { fault.Violations } };

    static EventResult Gone(Replay replay) => new()
    {
        Outcome = Outcome.Refused,
        MessageId = replay.Event?.MessageId ?? "",
        Reason = RefusalReasons.NotQuarantined,
        Violations = { new FieldViolation { Field = "quarantined", Description = $"'{replay.Quarantined}' is not in quarantine (any more): it was recorded by an earlier replay, or erased" } },
    };

    /// <summary>A caller that goes away does not hinder it: what is recorded leaves.</summary>
    Task SettleAsync(string shop, List<(long Sequence, EventResult Result)> results) => quarantine.SettleAsync(
        shop,
        [.. results.Where(r => r.Result.Outcome != Outcome.Refused).Select(r => r.Sequence)],
        [.. results.Where(r => r.Result.Outcome == Outcome.Refused).Select(r => new Relapse(r.Sequence, r.Result.Reason, Mapping.ToViolations(r.Result.Violations.Take(KeptViolationsMax))))],
        CancellationToken.None);
}
