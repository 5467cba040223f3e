using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Access;
using Perennial.Gateway.Quarantine;
using Perennial.Ingestion.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>
/// Takes tracking calls and records their events. 200 means that every event of the call was judged, and those recorded or quarantined are on
/// disk; one that is neither is named in the answer and nowhere else, since SDKs throw a whole batch away for any other 4xx.
/// Only 429 and 503 ask for the call again.
/// </summary>
internal sealed class TrackingDoor(Houses houses, Bodies bodies, Keeping quarantine, Metrics metrics, IOptions<GatewayOptions> options, ILogger<TrackingDoor> log)
{
    public async Task RecordAsync(HttpContext context, string type)
    {
        var root = context.Features.Get<ReadBody>()?.Root ?? await bodies.ReadJsonAsync(context);
        var batch = Batch.Read(root, type, options.Value);
        var items = batch.Items.Select(item => Item.Read(item, batch)).ToList();
        var request = new RecordEventsRequest { Shop = context.Caller().Shop };
        foreach (var item in items)
            if (item.Event is not null) request.Events.Add(item.Event);
        var answer = request.Events.Count == 0 ? new RecordEventsResponse() : await CallAsync(context, request);
        // Those recorded are on disk by now: when the rest must come again, they are known.
        var verdicts = await quarantine.KeepAsync(context, batch, Judge(batch, items, answer));
        Count(verdicts);
        await WriteAsync(context, batch, verdicts);
    }

    static List<Verdict> Judge(Batch batch, List<Item> items, RecordEventsResponse answer)
    {
        var judged = 0;
        return [.. items.Select((item, i) => item.Event is null ? Verdict.OfMapping(batch.Items[i], item) : Verdict.OfIngestion(batch.Items[i], answer.Results[judged++]))];
    }

    async Task<RecordEventsResponse> CallAsync(HttpContext context, RecordEventsRequest request)
    {
        try
        {
            var answer = await houses.Ingestion.RecordEventsAsync(request, houses.Unary(context.Caller(), context.RequestAborted));
            return answer.Results.Count == request.Events.Count ? answer : throw new InvalidOperationException($"Ingestion judged {answer.Results.Count} of {request.Events.Count} events.");
        }
        catch (RpcException e)
        {
            var error = houses.Judge(e, nameof(IngestionService.IngestionServiceClient.RecordEvents), context.Request.Path);
            throw Tell(error, context.Request.Path);
        }
    }

    /// <summary>
    /// What an SDK is told. Its events are well-formed by now, so whatever else is wrong between gateway and ingestion is for the
    /// operator to mend, and the events shall come again: recording is idempotent.
    /// </summary>
    RpcException Tell(RpcException error, string path)
    {
        switch (error.StatusCode)
        {
            case StatusCode.InvalidArgument or StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss:
                return error;
            // gRPC's own word for a message that is larger than the other side takes; the same again would fail for ever.
            case StatusCode.ResourceExhausted:
                return Errors.Reason(error) is null ? Errors.Of(CommonErrorReason.RequestTooLarge, "The events of the call are too large together; send smaller batches.") : error;
            case StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Aborted:
                return Errors.Of(CommonErrorReason.Unavailable, "The events were not recorded in time; send them again.");
            default:
                Log.NotRecorded(log, path, error.StatusCode.ToString(), error.Status.Detail);
                return Errors.Of(CommonErrorReason.Unavailable, "The platform cannot record the events of this key yet; send them again.");
        }
    }

    void Count(IReadOnlyList<Verdict> verdicts)
    {
        foreach (var (outcome, count) in verdicts.CountBy(v => v.Outcome)) metrics.Events(outcome, count);
        foreach (var verdict in verdicts.Where(v => v.Reason.Length > 0)) metrics.Fault(verdict.Reason, verdict.Outcome);
    }

    static async Task WriteAsync(HttpContext context, Batch batch, IReadOnlyList<Verdict> verdicts)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, Problem.Readable);
        json.WriteStartObject();
        json.WriteBoolean("success", true);
        json.WriteNumber("recorded", verdicts.Count(v => v.Outcome == Verdict.Recorded));
        json.WriteNumber("duplicates", verdicts.Count(v => v.Outcome == Verdict.Duplicate));
        json.WriteNumber("quarantined", verdicts.Count(v => v.Outcome == Verdict.Kept));
        json.WriteNumber("refused", verdicts.Count(v => v.IsRefused));
        json.WriteStartArray("results");
        foreach (var (i, verdict) in verdicts.Index()) WriteResult(json, i, verdict, always: !batch.IsMany);
        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    /// <summary>In a batch only a fault is worth a line; a single call is always told what became of it.</summary>
    static void WriteResult(Utf8JsonWriter json, int index, Verdict verdict, bool always)
    {
        if (!always && verdict.Reason.Length == 0 && !verdict.IsRefused) return;
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("messageId", verdict.MessageId);
        json.WriteString("outcome", verdict.Outcome);
        if (verdict.Reason.Length > 0) json.WriteString("reason", verdict.Reason);
        if (verdict.Quarantined.Length > 0) json.WriteString("quarantined", verdict.Quarantined);
        Problem.WriteViolations(json, verdict.Violations);
        json.WriteEndObject();
    }
}
