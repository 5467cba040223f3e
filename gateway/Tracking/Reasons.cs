namespace Perennial.Gateway.Tracking;

/// <summary>What kinds of fault the mapping finds in an event, as QuarantinedEvent.reason names them. Ingestion adds those that it finds.</summary>
internal static class Reasons
{
    /// <summary>The item is no JSON object.</summary>
    public const string NotAnEvent = "NOT_AN_EVENT";

    /// <summary>It holds text that is not valid Unicode.</summary>
    public const string NotUnicode = "NOT_UNICODE";

    /// <summary>Neither track nor identify, page, screen, group or alias.</summary>
    public const string UnknownType = "UNKNOWN_TYPE";

    /// <summary>A field that its event cannot do without is missing or empty.</summary>
    public const string MissingField = "MISSING_FIELD";

    /// <summary>A field holds something else than it must: a total of "abc".</summary>
    public const string WrongType = "WRONG_TYPE";

    /// <summary>A field holds more or less than it may.</summary>
    public const string OutOfRange = "OUT_OF_RANGE";

    /// <summary>A time that is none, or one that cannot be.</summary>
    public const string BadTimestamp = "BAD_TIMESTAMP";

    /// <summary>Larger than an event may be. Such an event is refused and not kept.</summary>
    public const string TooLarge = "TOO_LARGE";

    /// <summary>Of somebody who was erased. Such an event is refused and not kept.</summary>
    public const string Erased = "ERASED";

    /// <summary>Of another kind.</summary>
    public const string Refused = "REFUSED";
}
