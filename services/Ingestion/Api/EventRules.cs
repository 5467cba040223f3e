using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Api;

/// <summary>When an event is good: identity, size and times here, what happened in <see cref="PayloadRules"/>.</summary>
internal static class EventRules
{
    // google.protobuf.Timestamp: 9999-12-31T23:59:59Z.
    const long SecondsMax = 253_402_300_799;

    const int ExternalIdsMax = 5;

    /// <summary>Adds all that is wrong to <paramref name="faults"/>. Answers the event time, which counts only when nothing is.</summary>
    public static DateTimeOffset Check(Event e, DateTimeOffset receiveTime, IngestionOptions options, Faults faults)
    {
        if (Ids.Fault(e.MessageId, Ids.MessageLengthMax) is { } fault) faults.Add("message_id", fault);
        CheckIdentity(e, faults);
        if (e.CalculateSize() is var size && size > options.EventBytesMax)
            faults.Add("", string.Create(CultureInfo.InvariantCulture, $"the event has {size} bytes, at most {options.EventBytesMax} are taken"));
        PayloadRules.Check(e, faults);
        return CheckTimes(e, receiveTime, options, faults);
    }

    static void CheckIdentity(Event e, Faults faults)
    {
        if (e.UserId.Length > 0) CheckWho(e.UserId, "user_id", faults);
        CheckExternalIds(e, faults);
        if (e.Email.Length > 0 && !CustomerId.IsAddress(e.Email))
            faults.Add("email", string.Create(CultureInfo.InvariantCulture, $"must be an address with an @, at most {CustomerId.EmailLengthMax} characters"));
        if (e.UserId.Length > 0 || e.ExternalIds.Count > 0 || e.Email.Length > 0)
        {
            // Beside a stronger id an anonymous_id names nobody, so a placeholder there does no harm.
            if (e.AnonymousId.Length > Ids.LengthMax) faults.Add("anonymous_id", $"must have at most {Ids.LengthMax} characters");
        }
        else if (e.AnonymousId.Length > 0) CheckWho(e.AnonymousId, "anonymous_id", faults);
        else faults.Add("user_id", "one of user_id, external_ids, email and anonymous_id is required");
    }

    static void CheckExternalIds(Event e, Faults faults)
    {
        if (e.ExternalIds.Count > ExternalIdsMax) faults.Add("external_ids", string.Create(CultureInfo.InvariantCulture, $"has {e.ExternalIds.Count} entries, at most {ExternalIdsMax} are taken"));
        for (var i = 0; i < e.ExternalIds.Count; i++)
        {
            var field = string.Create(CultureInfo.InvariantCulture, $"external_ids[{i}]");
            if (!CustomerId.IsExternalType(e.ExternalIds[i].Type)) faults.Add(field + ".type", "must have 1 to 32 characters a-z, 0-9, _ and -, starting with a letter");
            CheckWho(e.ExternalIds[i].Id, field + ".id", faults, CustomerId.ExternalLengthMax);
        }
    }

    internal static void CheckWho(string id, string field, Faults faults, int lengthMax = Ids.LengthMax)
    {
        if (id.Length > 0 && Ids.IsPlaceholder(id)) faults.Add(field, "is a placeholder that many strangers share, not an id; send the customer's own id or leave the field empty");
        else if (Ids.Fault(id, lengthMax) is { } fault) faults.Add(field, fault);
    }

    static DateTimeOffset CheckTimes(Event e, DateTimeOffset receiveTime, IngestionOptions options, Faults faults)
    {
        var sane = IsSane(e.Timestamp, "timestamp", faults) & IsSane(e.OriginalTimestamp, "original_timestamp", faults) & IsSane(e.SentAt, "sent_at", faults);
        if (!sane) return default;
        var raw = new RawTimes(Mapping.ToInstant(e.Timestamp), Mapping.ToInstant(e.OriginalTimestamp), Mapping.ToInstant(e.SentAt), receiveTime);
        var (time, fault) = EventTime.Of(raw, TimeSpan.FromSeconds(options.FutureToleranceSeconds));
        if (fault != EventTimeFault.None) faults.Add(e.Timestamp is null ? "original_timestamp" : "timestamp", Describe(fault, receiveTime, options));
        return time;
    }

    static bool IsSane(Timestamp? timestamp, string field, Faults faults)
    {
        if (timestamp is null or { Seconds: >= 0 and <= SecondsMax, Nanos: >= 0 and <= 999_999_999 }) return true;
        faults.Add(field, "must lie in the years 1970 to 9999");
        return false;
    }

    static string Describe(EventTimeFault fault, DateTimeOffset receiveTime, IngestionOptions options) => fault == EventTimeFault.TooFarAhead
        ? string.Create(CultureInfo.InvariantCulture, $"the event would lie more than {options.FutureToleranceSeconds} s after its receipt at {receiveTime:yyyy-MM-ddTHH:mm:ss.fffZ}")
        : "corrected by sent_at, the event would lie before 1970";
}
