using System.ComponentModel.DataAnnotations;

namespace Perennial.Gateway;

/// <summary>Limits and habits of the gateway (section <c>Gateway</c>).</summary>
internal sealed class GatewayOptions
{
    /// <summary>Requests of one key per second, over all its connections: one shop cannot crowd out the others.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 1_000;

    /// <summary>Requests of one key that may come at once after a pause; at least those of a second.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; set; } = 2_000;

    /// <summary>Largest request body as it arrives: the batch limit of the tracking protocol. gRPC is bounded per message by the houses.</summary>
    [Range(1_024, 256 * 1024 * 1024)]
    public int BodyBytesMax { get; set; } = 4 * 1024 * 1024;

    /// <summary>Largest request body once decompressed: a few kilobytes of gzip may hold gigabytes.</summary>
    [Range(1_024, 256 * 1024 * 1024)]
    public int DecompressedBytesMax { get; set; } = 16 * 1024 * 1024;

    /// <summary>Events in one tracking call; what IngestionService.RecordEvents takes.</summary>
    [Range(1, 2_500)]
    public int BatchEventsMax { get; set; } = 2_500;

    /// <summary>
    /// Largest item of a tracking call as JSON, with what its batch says for it: four times what ingestion takes encoded, so that only what it
    /// would refuse is turned away here, and no envelope can be multiplied by its items without bound. What is quarantined is no larger.
    /// </summary>
    [Range(32 * 1024, 1024 * 1024)]
    public int ItemBytesMax { get; set; } = 128 * 1024;

    /// <summary>Most quarantined events that one replay goes through; it answers where the next one goes on.</summary>
    [Range(1, 1_000_000)]
    public int ReplayEventsMax { get; set; } = 10_000;

    /// <summary>Longest a unary call behind a JSON or tracking request may take. Streams live as long as their reader.</summary>
    [Range(1, 600)]
    public int UnarySecondsMax { get; set; } = 30;

    /// <summary>How long a key that was looked up is believed: a revoked key works at most this much longer. 0 asks the store every time.</summary>
    [Range(0, 3_600)]
    public int KeyCacheSeconds { get; set; } = 10;

    /// <summary>Keys held in memory, wrong ones included, so that guessing costs neither memory nor the store.</summary>
    [Range(1, 1_000_000)]
    public int KeyCacheSizeMax { get; set; } = 10_000;

    /// <summary>Origins whose pages may call the tracking paths, separated by commas; <c>*</c> is any.</summary>
    [Required]
    public string CorsOrigins { get; set; } = "*";
}

/// <summary>The shop and key that a first start makes (section <c>Shop</c>).</summary>
internal sealed class ShopOptions : IValidatableObject
{
    /// <summary>False leaves an empty key table empty; <c>--create-key</c> fills it.</summary>
    public bool Create { get; set; } = true;

    [RegularExpression("[a-z][a-z0-9-]{0,62}", ErrorMessage = "Shop:Id must have 1 to 63 characters a-z, 0-9 and hyphens, starting with a letter.")]
    public string Id { get; set; } = "shop";

    /// <summary>IANA zone in which the shop's days are counted.</summary>
    public string TimeZone { get; set; } = "UTC";

    [RegularExpression("[A-Z]{3}", ErrorMessage = "Shop:Currency must be an ISO 4217 code such as EUR.")]
    public string Currency { get; set; } = "EUR";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
            yield return new ValidationResult($"Shop:TimeZone '{TimeZone}' is not a time zone; use an IANA name such as Europe/London.", [nameof(TimeZone)]);
    }
}
