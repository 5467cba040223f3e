using Microsoft.Extensions.Options;

namespace Perennial.Gateway.Webhooks;

/// <summary>When a failed attempt is followed by the next.</summary>
internal sealed class RetrySchedule(IOptions<WebhookOptions> options)
{
    readonly IReadOnlyList<TimeSpan> _waits = options.Value.Waits;

    /// <summary>The wait after <paramref name="attempts"/> attempts that failed, null when that was the last.</summary>
    /// <param name="asked">What the receiver's Retry-After asks for: it makes a wait longer, never shorter.</param>
    /// <param name="luck">In [0, 1): how much of the jitter.</param>
    public TimeSpan? Wait(int attempts, TimeSpan? asked, double luck)
    {
        if (attempts > _waits.Count) return null;
        var wait = _waits[attempts - 1] * (1 + luck * options.Value.JitterPercent / 100);
        var honoured = asked is { } after ? TimeSpan.FromSeconds(Math.Min(after.TotalSeconds, options.Value.RetryAfterSecondsMax)) : TimeSpan.Zero;
        return wait > honoured ? wait : honoured;
    }
}
