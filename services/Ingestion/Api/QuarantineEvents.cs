using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf.Collections;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    const int KeptViolationsMax = 100;
    const int KeptTextMax = 1_000;
    const int KeptIdsMax = 20;
    const int KeptIdLengthMax = 210;

    public override async Task<QuarantineEventsResponse> QuarantineEvents(QuarantineEventsRequest request, ServerCallContext context)
    {
        Check(request);
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        var now = clock.GetUtcNow().WholeMillis();
        var kept = await quarantine.AddAsync(request.Shop, [.. request.Events.Select(e => Mapping.ToQuarantined(e, now))], _options.QuarantineEventsMax, context.CancellationToken)
            ?? throw QuarantineFull(request);
        foreach (var (reason, events) in kept.Fresh.CountBy(e => e.Reason)) metrics.Quarantined(reason, events);
        return new QuarantineEventsResponse { Quarantined = { kept.Numbers.Select(n => n == 0 ? "" : Mapping.ToQuarantinedId(n)) } };
    }

    RpcException QuarantineFull(QuarantineEventsRequest request)
    {
        metrics.QuarantineFull(request.Events.Count);
        var limit = _options.QuarantineEventsMax.ToString(CultureInfo.InvariantCulture);
        return Errors.Of(IngestionErrorReason.QuarantineFull, $"Shop '{request.Shop}' has as many events in quarantine as are kept, {limit}; nothing of this call was. Replay what is there, or raise Ingestion:QuarantineEventsMax.", ("shop", request.Shop), ("limit", limit));
    }

    void Check(QuarantineEventsRequest request)
    {
        var violations = new Violations().Require(request.Events.Count > 0 && request.Events.Count <= _options.BatchEventsMax, "events", $"must have 1 to {_options.BatchEventsMax} events");
        foreach (var (i, e) in request.Events.Index()) Check(e, $"events[{i}]", violations);
        violations.Throw();
    }

    void Check(QuarantinedEvent e, string path, Violations violations) => violations
        .Require(e.MessageId.Length == 0 || Ids.Fault(e.MessageId, Ids.MessageLengthMax) is null, path + ".message_id", $"must be empty or an id of at most {Ids.MessageLengthMax} characters")
        .Require(IsReason(e.Reason), path + ".reason", "must have 1 to 50 characters A-Z, 0-9 and underscores, starting with a letter")
        .Text(e.Payload, path + ".payload", 1, _options.QuarantinePayloadMax)
        .Require(AreFew(e.Violations), path + ".violations", $"must be at most {KeptViolationsMax}, of at most {KeptTextMax} characters")
        .Require(e.Ids.Count <= KeptIdsMax && e.Ids.All(id => Ids.Fault(id, KeptIdLengthMax) is null), path + ".ids", $"must be at most {KeptIdsMax}, of 1 to {KeptIdLengthMax} characters each")
        .Instant(e.ReceiveTime, path + ".receive_time");

    static bool IsReason(string reason) => ReasonShape().IsMatch(reason);

    static bool AreFew(RepeatedField<FieldViolation> violations) => violations.Count <= KeptViolationsMax && violations.All(v => v.Field.Length <= KeptTextMax && v.Description.Length <= KeptTextMax);

    [GeneratedRegex(@"\A[A-Z][A-Z0-9_]{0,49}\z")]
    private static partial Regex ReasonShape();
}
