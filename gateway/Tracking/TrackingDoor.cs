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
internal sealed class TrackingDoor(Houses houses, Bodies bodies, Metrics metrics, IOptions<GatewayOptions> options)
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
            // No answer in time is no answer: recording is idempotent, so the SDK shall come again.
            throw error.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Aborted ? Errors.Of(CommonErrorReason.Unavailable, "The events were not recorded in time; send them again.") : error;
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
