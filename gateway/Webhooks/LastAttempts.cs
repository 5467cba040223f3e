using System.Collections.Concurrent;

namespace Perennial.Gateway.Webhooks;

/// <summary>The last attempt to each webhook that this gateway delivers to. In memory alone: what a receiver answers may name customers.</summary>
internal sealed class LastAttempts
{
    readonly ConcurrentDictionary<WebhookKey, Attempt> _kept = new();

    public void Keep(WebhookKey key, Attempt attempt) => _kept[key] = attempt;

    /// <summary>The text of the answer at <paramref name="time"/>, empty where another gateway had it.</summary>
    public string TextOf(WebhookKey key, DateTimeOffset? time) => _kept.TryGetValue(key, out var attempt) && attempt.Time == time ? attempt.Text : "";

    public void Forget(WebhookKey key) => _kept.TryRemove(key, out _);
}
