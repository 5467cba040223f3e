using System.Diagnostics.Metrics;
using Perennial.CampaignRecommendation.Domain;
using Perennial.Foundation.Hosting;

namespace Perennial.CampaignRecommendation;

/// <summary>The instruments of this house; the lag behind the log is the feed's own.</summary>
internal sealed class Metrics : IDisposable
{
    readonly Meter _meter = new(Telemetry.Prefix + "CampaignRecommendation");
    readonly Counter<long> _events;
    readonly Counter<long> _recommendations;

    public Metrics()
    {
        _events = _meter.CreateCounter<long>("perennial.campaigns.events", "{event}", "Events applied.");
        _recommendations = _meter.CreateCounter<long>("perennial.campaigns.recommendations", "{recommendation}", "Actions recommended, by play and channel.");
    }

    public void Applied(int events) => _events.Add(events);

    public void Recommended(Decision decision)
        => _recommendations.Add(1, new KeyValuePair<string, object?>("play", decision.Play.Id), new KeyValuePair<string, object?>("channel", decision.Channel.Channel.ToString()));

    public void Dispose() => _meter.Dispose();
}
