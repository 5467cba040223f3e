using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Access;
using Perennial.Gateway.Tracking;
using Perennial.Ingestion.V1;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Gateway.Quarantine;

/// <summary>
/// Reads quarantined events again, with the mapping that the gateway has now and a patch where one is given, and has them recorded. Safe to
/// repeat at any point: what is recorded has left the quarantine, and the payload that is kept stays as it came.
/// </summary>
internal sealed class Replaying(Houses houses, Bodies bodies, Metrics metrics, IOptions<GatewayOptions> options)
{
    const int PageSize = 500;
    const int FaultsMax = 100;

    public async Task ReplayAsync(HttpContext context, string shop)
    {
        var body = await bodies.ReadAsync(context);
        var request = ReplayRequest.Read(body.Span.ContainsAnyExcept(" \t\r\n"u8) ? Bodies.Parse(context, body) : null);
        var report = new Report(request);
        var page = new ListQuarantinedRequest { Shop = shop, Reason = request.Reason, PageSize = Math.Min(PageSize, options.Value.ReplayEventsMax), PageToken = request.PageToken, Quarantined = { request.Quarantined } };
        do
        {
            var list = await CallAsync(context, page, (client, p, o) => client.ListQuarantinedAsync(p, o));
            if (list.Events.Count > 0) report.Add(list, await CallAsync(context, Made(shop, list, request.Patch), (client, r, o) => client.ReplayQuarantinedAsync(r, o)));
            page.PageToken = report.NextPageToken = list.NextPageToken;
        }
        while (page.PageToken.Length > 0 && report.Replayed + page.PageSize <= options.Value.ReplayEventsMax);
        report.CheckFound();
        metrics.Replayed(Verdict.Recorded, report.Recorded);
        metrics.Replayed(Verdict.Duplicate, report.Duplicates);
        metrics.Replayed(Verdict.Refused, report.Refused);
        await report.WriteAsync(context);
    }

    static ReplayQuarantinedRequest Made(string shop, ListQuarantinedResponse list, Patch patch) => new() { Shop = shop, Replays = { list.Events.Select(kept => Made(kept, patch)) } };

    static Replay Made(QuarantinedEvent kept, Patch patch)
    {
        var item = Read(kept, patch);
        return item.Event is { } made
            ? new Replay { Quarantined = kept.Quarantined, Event = made }
            : new Replay { Quarantined = kept.Quarantined, Fault = new QuarantineFault { Reason = item.Reason, Violations = { Keeping.ToProto(item.Violations) } } };
    }

    static Item Read(QuarantinedEvent kept, Patch patch)
    {
        try
        {
            using var json = JsonDocument.Parse(patch.Apply(kept.Payload));
            // One that came without a message id has the same one in every replay, so that it too is recorded once.
            return Item.Read(json.RootElement, Batch.Of(json.RootElement), "quarantined-" + kept.Quarantined);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // Text that is not valid Unicode, or a member that is there twice, cannot be patched; and who knows who else quarantines.
            return new Item("", null, kept.Reason, [("", "the payload cannot be read or patched: " + e.Message)]);
        }
    }

    async Task<TAnswer> CallAsync<TRequest, TAnswer>(HttpContext context, TRequest request, Func<IngestionService.IngestionServiceClient, TRequest, CallOptions, AsyncUnaryCall<TAnswer>> call)
    {
        try
        {
            return await call(houses.Ingestion, request, houses.Unary(context.Caller(), context.RequestAborted));
        }
        catch (RpcException e)
        {
            throw houses.Judge(e, typeof(TRequest).Name, context.Request.Path);
        }
    }

    /// <summary>What became of the events of a replay.</summary>
    internal sealed class Report(ReplayRequest request)
    {
        readonly HashSet<string> _missing = [.. request.Quarantined];
        readonly List<(QuarantinedEvent Kept, EventResult Result)> _faults = [];

        public int Replayed { get; private set; }
        public int Recorded { get; private set; }
        public int Duplicates { get; private set; }
        public int Refused { get; private set; }
        public string NextPageToken { get; set; } = "";

        public void Add(ListQuarantinedResponse list, ReplayQuarantinedResponse answer)
        {
            Replayed += list.Events.Count;
            Recorded += answer.RecordedCount;
            Duplicates += answer.DuplicateCount;
            Refused += answer.RefusedCount;
            _missing.ExceptWith(list.Events.Select(e => e.Quarantined));
            _faults.AddRange(list.Events.Zip(answer.Results).Where(r => r.Second.Outcome == Outcome.Refused).Take(FaultsMax - _faults.Count));
        }

        /// <exception cref="RpcException">QUARANTINED_NOT_FOUND when ids were given and none of them is kept.</exception>
        public void CheckFound()
        {
            if (request.Quarantined.Count > 0 && Replayed == 0 && NextPageToken.Length == 0 && request.PageToken.Length == 0)
                throw Errors.Of(IngestionErrorReason.QuarantinedNotFound, $"No quarantined event of this shop has the id {string.Join(", ", request.Quarantined.Take(3))}{(request.Quarantined.Count > 3 ? ", ..." : "")}; it was recorded by an earlier replay, or never there.");
        }

        public async Task WriteAsync(HttpContext context)
        {
            context.Response.ContentType = "application/json";
            await using var json = new Utf8JsonWriter(context.Response.BodyWriter, Problem.Readable);
            json.WriteStartObject();
            json.WriteNumber("replayed", Replayed);
            json.WriteNumber("recorded", Recorded);
            json.WriteNumber("duplicates", Duplicates);
            json.WriteNumber("refused", Refused);
            json.WriteStartArray("results");
            foreach (var (kept, result) in _faults) WriteFault(json, kept, result);
            json.WriteEndArray();
            json.WriteStartArray("missing");
            if (NextPageToken.Length == 0 && request.PageToken.Length == 0)
            {
                foreach (var id in _missing) json.WriteStringValue(id);
            }
            json.WriteEndArray();
            json.WriteString("nextPageToken", NextPageToken);
            json.WriteEndObject();
            await json.FlushAsync(context.RequestAborted);
        }

        static void WriteFault(Utf8JsonWriter json, QuarantinedEvent kept, EventResult result)
        {
            json.WriteStartObject();
            json.WriteString("quarantined", kept.Quarantined);
            json.WriteString("messageId", kept.MessageId);
            json.WriteString("reason", result.Reason);
            Problem.WriteViolations(json, Verdict.InTheSendersWords(result));
            json.WriteEndObject();
        }
    }
}
