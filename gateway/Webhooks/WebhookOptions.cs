using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Perennial.Gateway.Webhooks;

/// <summary>How webhooks are delivered (section <c>Webhooks</c>).</summary>
internal sealed class WebhookOptions : IValidatableObject
{
    const int WaitsMax = 30;
    const int WaitSecondsMax = 7 * 24 * 3_600;

    /// <summary>
    /// Seconds to wait before each further attempt, separated by commas: the schedule of Standard Webhooks, ten attempts in a little more than three days. An event
    /// that was not taken by then is a dead letter, and the next one has its turn.
    /// </summary>
    [Required]
    public string RetrySeconds { get; set; } = "5,300,1800,7200,18000,36000,50400,72000,86400";

    /// <summary>A wait is this much longer at most, at random, so that receivers that failed together are not called together.</summary>
    [Range(0, 100)]
    public int JitterPercent { get; set; } = 10;

    /// <summary>A receiver's Retry-After is honoured up to here: none can have its events wait for ever.</summary>
    [Range(1, WaitSecondsMax)]
    public int RetryAfterSecondsMax { get; set; } = 24 * 3_600;

    /// <summary>Longest that an attempt may take, from the first packet to the answer; Standard Webhooks recommends 15 to 30.</summary>
    [Range(1, 120)]
    public int TimeoutSeconds { get; set; } = 15;

    /// <summary>
    /// Lets a webhook reach private, link-local and loopback addresses, and loopback hosts over http: for development, tests, and receivers in one's own network. Whoever has a
    /// key can then call whatever this gateway can reach.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Webhooks of one shop: each reads the feed for itself.</summary>
    [Range(1, 1_000)]
    public int WebhooksMax { get; set; } = 20;

    /// <summary>Dead letters of one webhook; with one more it is disabled, so that nothing is lost.</summary>
    [Range(1, 1_000_000)]
    public int DeadLettersMax { get; set; } = 10_000;

    /// <summary>How long the gateway that delivers to a webhook has it for itself without saying so again: a lost one is replaced after this time.</summary>
    [Range(5, 600)]
    public int LeaseSeconds { get; set; } = 30;

    /// <summary>How often each gateway looks in the store for webhooks that changed elsewhere or have nobody who delivers to them.</summary>
    [Range(50, 60_000)]
    public int PollMillis { get; set; } = 1_000;

    /// <summary>How long the secret before the last rotation signs as well.</summary>
    [Range(0, 30 * 24)]
    public int OldSecretHours { get; set; } = 24;

    /// <summary>Longest pause before a feed or a store that failed is asked again.</summary>
    [Range(50, 60_000)]
    public int FeedRetryMillisMax { get; set; } = 5_000;

    /// <summary><see cref="RetrySeconds"/>, read.</summary>
    public IReadOnlyList<TimeSpan> Waits => [.. RetrySeconds.Split(',').Select(s => TimeSpan.FromSeconds(int.Parse(s, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture)))];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var waits = RetrySeconds.Split(',');
        if (waits.Length > WaitsMax || !waits.All(s => int.TryParse(s, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var seconds) && seconds <= WaitSecondsMax))
            yield return new ValidationResult($"Webhooks:RetrySeconds '{RetrySeconds}' must be 1 to {WaitsMax} whole numbers of seconds up to {WaitSecondsMax}, separated by commas, such as 5,300,1800.", [nameof(RetrySeconds)]);
    }
}
