using System.Diagnostics.Metrics;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion;

/// <summary>What an operator watches: how many events came to what, and what a commit costs.</summary>
internal sealed class Metrics : IDisposable
{
    public const string MeterName = Telemetry.Prefix + "Ingestion";

    static readonly KeyValuePair<string, object?> Recorded = new("outcome", "recorded");
    static readonly KeyValuePair<string, object?> Duplicate = new("outcome", "duplicate");
    static readonly KeyValuePair<string, object?> Refused = new("outcome", "refused");

    readonly Meter _meter;
    readonly Counter<long> _events;
    readonly Counter<long> _overloads;
    readonly Counter<long> _quarantined;
    readonly Counter<long> _replayed;
    readonly Counter<long> _quarantineFull;
    readonly Histogram<int> _commitEvents;
    readonly Histogram<double> _commitSeconds;

    public Metrics(AppendQueue queue)
    {
        // Its scope tells the meters of several hosts in one process apart.
        _meter = new Meter(new MeterOptions(MeterName) { Scope = this });
        _events = _meter.CreateCounter<long>("perennial.ingestion.events", "{event}", "Events answered, by outcome: recorded, duplicate, refused.");
        _overloads = _meter.CreateCounter<long>("perennial.ingestion.overloads", "{call}", "Calls turned away because the queue before the log was full.");
        _quarantined = _meter.CreateCounter<long>("perennial.ingestion.quarantined", "{event}", "Events taken into quarantine, by reason.");
        _replayed = _meter.CreateCounter<long>("perennial.ingestion.replayed", "{event}", "Quarantined events replayed, by outcome: recorded, duplicate, refused.");
        _quarantineFull = _meter.CreateCounter<long>("perennial.ingestion.quarantine.full", "{event}", "Events turned away because the quarantine of their shop was full.");
        _meter.CreateObservableGauge("perennial.ingestion.queue", () => queue.Events, "{event}", "Events that wait for their commit or are in one.");
        _commitEvents = _meter.CreateHistogram<int>("perennial.ingestion.commit.events", "{event}", "Events that one commit wrote for all its calls, duplicates included.");
        _commitSeconds = _meter.CreateHistogram<double>("perennial.ingestion.commit.duration", "s", "Time of one commit, from the first statement to the disk.");
    }

    public void Answered(int recorded, int duplicate, int refused) => Count(_events, recorded, duplicate, refused);

    public void Replayed(int recorded, int duplicate, int refused) => Count(_replayed, recorded, duplicate, refused);

    public void Quarantined(string reason, int events) => _quarantined.Add(events, new KeyValuePair<string, object?>("reason", reason));

    public void QuarantineFull(int events) => _quarantineFull.Add(events);

    static void Count(Counter<long> counter, int recorded, int duplicate, int refused)
    {
        if (recorded > 0) counter.Add(recorded, Recorded);
        if (duplicate > 0) counter.Add(duplicate, Duplicate);
        if (refused > 0) counter.Add(refused, Refused);
    }

    public void Overloaded() => _overloads.Add(1);

    public void Committed(int events, TimeSpan duration)
    {
        _commitEvents.Record(events);
        _commitSeconds.Record(duration.TotalSeconds);
    }

    public void Dispose() => _meter.Dispose();
}
