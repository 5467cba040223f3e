using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

/// <summary>
/// What kind of fault an event is refused for: QuarantinedEvent.reason. The gateway adds those that keep an item from becoming an
/// event at all; docs/OPERATING.md lists them all.
/// </summary>
internal static class RefusalReasons
{
    /// <summary>The event as a whole is larger than an event may be.</summary>
    public const string TooLarge = "TOO_LARGE";

    /// <summary>Of somebody who was erased: to be kept nowhere.</summary>
    public const string Erased = "ERASED";

    /// <summary>No id, a placeholder, or one that cannot be an id: nobody to belong to.</summary>
    public const string NoIdentity = "NO_IDENTITY";

    /// <summary>Its message id cannot be one.</summary>
    public const string BadMessageId = "BAD_MESSAGE_ID";

    /// <summary>A time before 1970 or too far ahead.</summary>
    public const string BadTimestamp = "BAD_TIMESTAMP";

    /// <summary>A field that its event cannot do without is empty.</summary>
    public const string MissingField = "MISSING_FIELD";

    /// <summary>A field holds more or less than it may.</summary>
    public const string OutOfRange = "OUT_OF_RANGE";

    /// <summary>It left the quarantine before it was replayed.</summary>
    public const string NotQuarantined = "NOT_QUARANTINED";

    /// <summary>An event that is too large is that whatever else is wrong with it; otherwise the first fault counts.</summary>
    public static string Of(IReadOnlyList<FieldViolation> violations)
        => violations.Any(v => v.Field.Length == 0) ? TooLarge : Of(violations[0]);

    static string Of(FieldViolation violation) => violation.Field.Split('.', '[')[0] switch
    {
        "user_id" or "anonymous_id" or "external_ids" or "email" or "customer_aliased" => NoIdentity,
        "message_id" => BadMessageId,
        "timestamp" or "original_timestamp" or "sent_at" => BadTimestamp,
        _ when violation.Description.Contains("is required", StringComparison.Ordinal) => MissingField,
        _ => OutOfRange,
    };
}
