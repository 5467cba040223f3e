using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Access;
using Perennial.Ingestion.V1;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Gateway.Tracking;

/// <summary>
/// Takes tracking calls and records their events. 200 means that every event of the call was judged, and those recorded are on
/// disk; a refused event is named in the answer and nowhere else, since SDKs throw a whole batch away for any other 4xx.
/// Only 429 and 503 ask for the call again.
/// </summary>
internal sealed class TrackingDoor(Houses houses, Bodies bodies, Metrics metrics, IOptions<GatewayOptions> options, ILogger<TrackingDoor> log)
{
    public async Task RecordAsync(HttpContext context, string type)
    {
        var root = context.Features.Get<ReadBody>()?.Root ?? await bodies.ReadJsonAsync(context);
        var batch = Batch.Read(root, type, options.Value.BatchEventsMax);
        var items = batch.Items.Select(item => Item.Read(item, batch)).ToList();
        var request = new RecordEventsRequest { Shop = context.Caller().Shop };
        foreach (var item in items)
            if (item.Event is not null) request.Events.Add(item.Event);
        var answer = request.Events.Count == 0 ? new RecordEventsResponse() : await CallAsync(context, request);
        await WriteAsync(context, batch, items, answer);
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

    async Task WriteAsync(HttpContext context, Batch batch, List<Item> items, RecordEventsResponse answer)
    {
        var refused = answer.RefusedCount + items.Count(i => i.Event is null);
        metrics.Events("recorded", answer.RecordedCount);
        metrics.Events("duplicate", answer.DuplicateCount);
        metrics.Events("refused", refused);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, Problem.Readable);
        json.WriteStartObject();
        json.WriteBoolean("success", true);
        json.WriteNumber("recorded", answer.RecordedCount);
        json.WriteNumber("duplicates", answer.DuplicateCount);
        json.WriteNumber("refused", refused);
        json.WriteStartArray("results");
        var judged = 0;
        for (var i = 0; i < items.Count; i++)
            WriteResult(json, i, items[i], items[i].Event is null ? null : answer.Results[judged++], always: !batch.IsMany);
        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    /// <summary>In a batch only what was refused is worth a line; a single call is always told what became of it.</summary>
    static void WriteResult(Utf8JsonWriter json, int index, Item item, EventResult? result, bool always)
    {
        var refused = result is null || result.Outcome == Outcome.Refused;
        if (!always && !refused) return;
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("messageId", item.MessageId);
        json.WriteString("outcome", refused ? "refused" : result!.Outcome == Outcome.Duplicate ? "duplicate" : "recorded");
        Problem.WriteViolations(json, result is null ? item.Violations : result.Violations.Select(v => (SenderPaths.Of(v.Field), v.Description)));
        json.WriteEndObject();
    }
}
