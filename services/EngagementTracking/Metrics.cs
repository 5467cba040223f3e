using System.Diagnostics.Metrics;
using Perennial.Foundation.Hosting;

namespace Perennial.EngagementTracking;

/// <summary>The instruments of this house; the lag behind the log is the feed's own.</summary>
internal sealed class Metrics : IDisposable
{
    readonly Meter _meter = new(Telemetry.Prefix + "EngagementTracking");
    readonly Counter<long> _events;
    readonly Counter<long> _answers;

    public Metrics()
    {
        _events = _meter.CreateCounter<long>("perennial.engagement.events", "{event}", "Events applied.");
        _answers = _meter.CreateCounter<long>("perennial.engagement.answers", "{customer}", "Customers answered, by temperature.");
    }

    public void Applied(int events) => _events.Add(events);

    public void Answered(bool warm) => _answers.Add(1, new KeyValuePair<string, object?>("temperature", warm ? "warm" : "cold"));

    public void Dispose() => _meter.Dispose();
}
