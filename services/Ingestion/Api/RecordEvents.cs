using System.Globalization;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<RecordEventsResponse> RecordEvents(RecordEventsRequest request, ServerCallContext context)
    {
        CheckBatchSize(request);
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        var response = new RecordEventsResponse();
        var good = Judge(request, response);
        if (good.Count > 0) Answer(request, response, await AppendAsync(request.Shop, good, context.CancellationToken));
        if (response.RefusedCount > 0) LogRefused(request, response);
        metrics.Answered(response.RecordedCount, response.DuplicateCount, response.RefusedCount);
        return response;
    }

    void CheckBatchSize(RecordEventsRequest request)
    {
        var limit = _options.BatchEventsMax.ToString(CultureInfo.InvariantCulture);
        if (request.Events.Count > _options.BatchEventsMax)
            throw Errors.Of(IngestionErrorReason.BatchTooLarge, $"The batch has {request.Events.Count} events, at most {limit} are taken in one call; send smaller batches.", ("limit", limit));
        new Violations().Require(request.Events.Count > 0, "events", $"must have 1 to {limit} events").Throw();
    }

    /// <summary>Judges each event alone. The response gets one result for each, the refused complete; the good are answered.</summary>
    /// <param name="receipts">When each was received first, as of which its times are judged; now where this is null.</param>
    List<LogEvent> Judge(RecordEventsRequest request, RecordEventsResponse response, IReadOnlyList<DateTimeOffset>? receipts = null)
    {
        var receiveTime = clock.GetUtcNow().WholeMillis();
        var good = new List<LogEvent>(request.Events.Count);
        var faults = new Faults();
        foreach (var e in request.Events)
        {
            var result = new EventResult { MessageId = e.MessageId };
            var eventTime = EventRules.Check(e, receipts?[response.Results.Count] ?? receiveTime, _options, faults);
            if (faults.Take() is { } violations) Refuse(result, violations, response);
            else good.Add(Mapping.ToLogEvent(e, request.Shop, eventTime, receiveTime));
            response.Results.Add(result);
        }
        return good;
    }

    static void Refuse(EventResult result, IReadOnlyList<FieldViolation> violations, RecordEventsResponse response, string? reason = null)
    {
        result.Outcome = EventResult.Types.Outcome.Refused;
        result.Violations.Add(violations);
        result.Reason = reason ?? RefusalReasons.Of(violations);
        response.RefusedCount++;
    }

    void LogRefused(RecordEventsRequest request, RecordEventsResponse response)
    {
        var first = response.Results.First(r => r.Violations.Count > 0).Violations[0];
        logger.EventsRefused(response.RefusedCount, request.Events.Count, request.Shop, first.Field, first.Description);
    }

    /// <summary>Waits for the commit. A caller that goes away leaves; its events are written all the same.</summary>
    async Task<ArraySegment<AppendResult>> AppendAsync(string shop, List<LogEvent> events, CancellationToken cancellation)
    {
        if (queue.TryAdd(events) is { } receipt) return await receipt.WaitAsync(cancellation);
        metrics.Overloaded();
        throw Errors.Of(IngestionErrorReason.Overloaded, "More events wait for the log than it takes; nothing of this batch was recorded. Retry with backoff.", ("shop", shop));
    }

    static void Answer(RecordEventsRequest request, RecordEventsResponse response, ArraySegment<AppendResult> appended)
    {
        var next = 0;
        for (var i = 0; i < response.Results.Count; i++)
        {
            var result = response.Results[i];
            if (result.Outcome == EventResult.Types.Outcome.Refused) continue;
            var (partition, position, suppressed) = appended[next++];
            if (suppressed is { } id) Refuse(result, [Erased(request.Events[i], id)], response, RefusalReasons.Erased);
            else if (position == 0)
            {
                result.Outcome = EventResult.Types.Outcome.Duplicate;
                response.DuplicateCount++;
            }
            else
            {
                (result.Outcome, result.Partition, result.Position) = (EventResult.Types.Outcome.Recorded, partition, position);
                response.RecordedCount++;
            }
        }
    }

    static FieldViolation Erased(Event e, CustomerId id)
        => new() { Field = EventIdentity.FieldOf(e, id), Description = "this id was erased and its events are refused; IngestionService.ReleaseId takes them again" };
}
