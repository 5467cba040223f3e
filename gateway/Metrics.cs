using System.Diagnostics.Metrics;
using Perennial.Foundation.Hosting;
using Perennial.Gateway.Webhooks;

namespace Perennial.Gateway;

internal sealed class Metrics : IDisposable
{
    internal const string MeterName = Telemetry.Prefix + "Gateway";

    readonly Meter _meter = new(MeterName);
    readonly Counter<long> _refused;
    readonly Counter<long> _events;
    readonly Counter<long> _faults;
    readonly Counter<long> _replayed;
    readonly Counter<long> _deadLetters;
    readonly Histogram<double> _attempts;

    public Metrics()
    {
        _refused = _meter.CreateCounter<long>("perennial.gateway.refused", "{request}", "Requests answered with an error, by reason.");
        _events = _meter.CreateCounter<long>("perennial.gateway.events", "{event}", "Events that came by the tracking protocol, by outcome.");
        _faults = _meter.CreateCounter<long>("perennial.gateway.faults", "{event}", "Faulty events that came by the tracking protocol, by reason and by outcome: quarantined or refused.");
        _replayed = _meter.CreateCounter<long>("perennial.gateway.replayed", "{event}", "Quarantined events that were replayed, by outcome.");
        _attempts = _meter.CreateHistogram<double>("perennial.gateway.webhook.attempts", "s", "Attempts to deliver to a webhook: how long each took, by failure and by HTTP status.");
        _deadLetters = _meter.CreateCounter<long>("perennial.gateway.webhook.dead_letters", "{event}", "Events that a webhook did not take in all their attempts.");
        _meter.CreateObservableGauge("perennial.gateway.webhook.held", () => WebhooksHeld, "{webhook}", "Webhooks that this gateway delivers to.");
    }

    /// <summary>Webhooks that this gateway delivers to.</summary>
    public int WebhooksHeld { get; set; }

    public void WebhookAttempt(Attempt attempt) => _attempts.Record(attempt.Duration.TotalSeconds, new KeyValuePair<string, object?>("failure", attempt.Failure), new KeyValuePair<string, object?>("status", attempt.Status));

    public void WebhookDeadLetter() => _deadLetters.Add(1);

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Events(string outcome, int count)
    {
        if (count > 0) _events.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
    }

    public void Fault(string reason, string outcome) => _faults.Add(1, new KeyValuePair<string, object?>("reason", reason), new KeyValuePair<string, object?>("outcome", outcome));

    public void Replayed(string outcome, int count)
    {
        if (count > 0) _replayed.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
    }

    public void Dispose() => _meter.Dispose();
}
