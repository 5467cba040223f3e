using System.Globalization;

namespace Perennial.EngagementTracking.Domain;

/// <summary>All that is kept about one customer.</summary>
/// <param name="Position">The log position that the history rests on, at the least.</param>
internal sealed record History(Sighting Sighting, long Position, IReadOnlyList<TouchDay> TouchDays, IReadOnlyList<SubscriptionFact> Subscriptions);

/// <summary>One channel of a customer, over their whole history up to the instant.</summary>
/// <param name="Counts">By kind; a kind that never happened is absent.</param>
/// <param name="LastOwnTouch">The customer's own last touch, not what the shop sent.</param>
internal sealed record ChannelEngagement(Channel Channel, IReadOnlyDictionary<TouchKind, long> Counts, DateTimeOffset? LastOwnTouch, bool Unsubscribed);

/// <summary>A customer's engagement at an instant.</summary>
internal sealed record EngagementState(double Score, bool Warm, string Reason, IReadOnlyList<ChannelEngagement> Channels, DateTimeOffset? LastOwnTouch)
{
    /// <summary>
    /// Touches count by whole UTC days, the day of <paramref name="asOf"/> included; subscriptions to the instant. A null history is a
    /// customer without an event: zeros, cold.
    /// </summary>
    public static EngagementState At(DateTimeOffset asOf, History? history, ScoreRules rules)
    {
        var day = DateOnly.FromDateTime(asOf.UtcDateTime);
        IReadOnlyList<TouchDay> touches = [.. (history?.TouchDays ?? []).Where(t => t.Day <= day)];
        var left = Unsubscribed(asOf, history?.Subscriptions ?? []);
        var score = Domain.Score.At(day, touches, rules);
        return new EngagementState(score, score >= rules.WarmScoreMin, Explain(score, rules), ByChannel(touches, left), LastOwn(touches));
    }

    /// <summary>True when the customer had been seen by the end of that UTC day.</summary>
    public static bool SeenBy(DateTimeOffset asOf, History? history)
        => history is not null && history.Sighting.FirstSeenTime.UtcDateTime.Date <= asOf.UtcDateTime.Date;

    /// <summary>Per channel and purpose what was last said up to the instant, by channel and purpose.</summary>
    public static IReadOnlyList<SubscriptionFact> ConsentsAt(DateTimeOffset asOf, IEnumerable<SubscriptionFact> facts)
        => [.. facts.Where(f => f.FactTime <= asOf).GroupBy(f => (f.Channel, f.Purpose)).Select(Latest).OrderBy(f => f.Channel).ThenBy(f => f.Purpose, StringComparer.Ordinal)];

    // Per channel with any fact: the latest decides. Consent to something else than marketing, say to statistics, opens and closes no channel.
    static Dictionary<Channel, bool> Unsubscribed(DateTimeOffset asOf, IEnumerable<SubscriptionFact> facts) => facts
        .Where(f => f.FactTime <= asOf && f.Purpose is ("" or "marketing"))
        .GroupBy(f => f.Channel)
        .ToDictionary(g => g.Key, g => !Latest(g).Subscribed);

    static SubscriptionFact Latest(IEnumerable<SubscriptionFact> facts) => facts.OrderBy(f => f.FactTime).ThenBy(f => f.MessageId, StringComparer.Ordinal).Last();

    static IReadOnlyList<ChannelEngagement> ByChannel(IReadOnlyList<TouchDay> touches, Dictionary<Channel, bool> left)
    {
        var byChannel = touches.ToLookup(t => t.Channel);
        return [.. byChannel.Select(g => g.Key).Union(left.Keys).Order().Select(channel => new ChannelEngagement(
            channel,
            byChannel[channel].GroupBy(t => t.Kind).ToDictionary(g => g.Key, g => g.Sum(t => t.TouchCount)),
            LastOwn(byChannel[channel]),
            left.GetValueOrDefault(channel)))];
    }

    static DateTimeOffset? LastOwn(IEnumerable<TouchDay> touches)
        => touches.Where(t => t.Touch.IsOwn).Select(t => (DateTimeOffset?)t.LastTime).Max();

    static string Explain(double score, ScoreRules rules)
        => string.Create(CultureInfo.InvariantCulture, $"score {score:F2} of {rules.WarmScoreMin:F2} needed, half-life {rules.HalfLifeDays} days");
}
