using System.Diagnostics.Metrics;
using Perennial.Foundation.Hosting;

namespace Perennial.Gateway;

internal sealed class Metrics : IDisposable
{
    internal const string MeterName = Telemetry.Prefix + "Gateway";

    readonly Meter _meter = new(MeterName);
    readonly Counter<long> _refused;
    readonly Counter<long> _events;

    public Metrics()
    {
        _refused = _meter.CreateCounter<long>("perennial.gateway.refused", "{request}", "Requests answered with an error, by reason.");
        _events = _meter.CreateCounter<long>("perennial.gateway.events", "{event}", "Events that came by the tracking protocol, by outcome.");
    }

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Events(string outcome, int count)
    {
        if (count > 0) _events.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
    }

    public void Dispose() => _meter.Dispose();
}
