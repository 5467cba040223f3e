using System.Diagnostics.Metrics;
using Perennial.Foundation.Hosting;

namespace Perennial.Gateway;

internal sealed class Metrics : IDisposable
{
    internal const string MeterName = Telemetry.Prefix + "Gateway";

    readonly Meter _meter = new(MeterName);
    readonly Counter<long> _refused;
    readonly Counter<long> _events;
    readonly Counter<long> _faults;
    readonly Counter<long> _replayed;

    public Metrics()
    {
        _refused = _meter.CreateCounter<long>("perennial.gateway.refused", "{request}", "Requests answered with an error, by reason.");
        _events = _meter.CreateCounter<long>("perennial.gateway.events", "{event}", "Events that came by the tracking protocol, by outcome.");
        _faults = _meter.CreateCounter<long>("perennial.gateway.faults", "{event}", "Faulty events that came by the tracking protocol, by reason and by outcome: quarantined or refused.");
        _replayed = _meter.CreateCounter<long>("perennial.gateway.replayed", "{event}", "Quarantined events that were replayed, by outcome.");
    }

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
