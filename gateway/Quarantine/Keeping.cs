using System.Collections.Concurrent;
using System.Text.Json;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Access;
using Perennial.Gateway.Tracking;
using Perennial.Ingestion.V1;

namespace Perennial.Gateway.Quarantine;

/// <summary>Has ingestion keep what could not be recorded, so that a fault which no sender will mend loses nothing.</summary>
internal sealed class Keeping(Houses houses, ILogger<Keeping> log)
{
    /// <summary>Violations that are kept of one event; a list of products may have thousands.</summary>
    internal const int ViolationsMax = 100;

    const int MessageIdLengthMax = 100;
    const int ChunkEventsMax = 500;
    const int ChunkCharsMax = 1024 * 1024;

    /// <summary>Shops whose quarantine was full when it was last asked: said once, not with every call.</summary>
    readonly ConcurrentDictionary<string, bool> _full = new(StringComparer.Ordinal);

    /// <summary>The verdicts again; those refused that are quarantined now say so.</summary>
    /// <exception cref="RpcException">When ingestion cannot take them now: the call must come again.</exception>
    public async Task<IReadOnlyList<Verdict>> KeepAsync(HttpContext context, Batch batch, IReadOnlyList<Verdict> verdicts)
    {
        var faulty = Enumerable.Range(0, verdicts.Count).Where(i => verdicts[i].IsRefused && verdicts[i].Reason is not (Reasons.TooLarge or Reasons.Erased)).ToList();
        if (faulty.Count == 0) return verdicts;
        var all = verdicts.ToArray();
        // In pieces: with what the envelope says in each of them, the payloads may be larger than the call was.
        for (var next = 0; next < faulty.Count;)
        {
            var (request, first) = (new QuarantineEventsRequest { Shop = context.Caller().Shop }, next);
            for (var chars = 0; next < faulty.Count && next - first < ChunkEventsMax && chars < ChunkCharsMax; next++)
            {
                request.Events.Add(Kept(verdicts[faulty[next]], batch));
                chars += request.Events[^1].Payload.Length;
            }
            if (await CallAsync(context, request) is not { } answer) break;
            // No id: it is of somebody erased, and stays refused.
            foreach (var (i, id) in answer.Quarantined.Index().Where(q => q.Item.Length > 0)) all[faulty[first + i]] = all[faulty[first + i]].KeptAs(id);
        }
        return all;
    }

    static QuarantinedEvent Kept(Verdict verdict, Batch batch)
    {
        var payload = Payload.Of(verdict.Json, batch);
        using var item = JsonDocument.Parse(payload);
        return new QuarantinedEvent
        {
            MessageId = MessageId(item.RootElement),
            Reason = verdict.Reason,
            Violations = { ToProto(verdict.Violations) },
            Payload = payload,
            Ids = { Payload.Ids(item.RootElement) },
        };
    }

    /// <summary>As it was sent, where it is one: the id that an item without any is given is another each time.</summary>
    static string MessageId(JsonElement item)
    {
        try
        {
            return (item.Get("messageId") ?? item.Get("message_id"))?.Text() is { Length: <= MessageIdLengthMax } id && !id.Any(char.IsControl) ? id.Trim() : "";
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    internal static IEnumerable<FieldViolation> ToProto(IEnumerable<(string Field, string Description)> violations)
        => violations.Take(ViolationsMax).Select(v => new FieldViolation { Field = v.Field, Description = v.Description });

    /// <summary>Null where they are refused for good.</summary>
    async Task<QuarantineEventsResponse?> CallAsync(HttpContext context, QuarantineEventsRequest request)
    {
        try
        {
            var answer = await houses.Ingestion.QuarantineEventsAsync(request, houses.Unary(context.Caller(), context.RequestAborted));
            _full[request.Shop] = false;
            return answer.Quarantined.Count == request.Events.Count ? answer : throw new InvalidOperationException($"Ingestion answered for {answer.Quarantined.Count} of {request.Events.Count} events.");
        }
        catch (RpcException e) when (Errors.Reason(e)?.Reason == "QUARANTINE_FULL")
        {
            if (!_full.GetValueOrDefault(request.Shop)) Log.QuarantineFull(log, request.Shop);
            _full[request.Shop] = true;
            return null;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument)
        {
            // The same again would be refused for ever, and the sender with it.
            Log.NotQuarantined(log, context.Request.Path, request.Events.Count, e.StatusCode.ToString(), e.Status.Detail);
            return null;
        }
        catch (RpcException e)
        {
            var error = houses.Judge(e, nameof(IngestionService.IngestionServiceClient.QuarantineEvents), context.Request.Path);
            throw Errors.Of(CommonErrorReason.Unavailable, $"Some events can be neither recorded nor quarantined now ({error.StatusCode}); send them again.");
        }
    }
}
