using System.Diagnostics.Metrics;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Domain;
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
    readonly Counter<long> _links;
    readonly Counter<long> _limited;
    readonly Counter<long> _reattributed;
    readonly Counter<long> _removed;
    IReadOnlyList<LogReader> _readers = [];

    public Metrics(AppendQueue queue, TimeProvider clock)
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
        _links = _meter.CreateCounter<long>("perennial.ingestion.identity.links", "{id}", "Ids that joined a customer by an event that carried both.");
        _limited = _meter.CreateCounter<long>("perennial.ingestion.identity.limited", "{id}", "Ids that stayed on their own because the customer has as many of their kind as they may.");
        _reattributed = _meter.CreateCounter<long>("perennial.ingestion.reattributed", "{event}", "Events recorded anew because who they belong to changed.");
        _removed = _meter.CreateCounter<long>("perennial.ingestion.removed", "{event}", "Events removed by retention.");
        // Measured here too: a reader that is dead says nothing.
        _meter.CreateObservableGauge("perennial.ingestion.reader.lag", () => _readers.Select(r => Of(r, r.LagEvents)), "{event}", "Events recorded that a registered reader has not applied.");
        _meter.CreateObservableGauge("perennial.ingestion.reader.lag.time", () => _readers.Select(r => Of(r, r.LagTime(clock.GetUtcNow()).TotalSeconds)), "s", "Age of the oldest event that a registered reader has not applied.");
    }

    static Measurement<T> Of<T>(LogReader reader, T value) where T : struct => new(value, new("reader", reader.Id.Name), new("shop", reader.Id.Shop));

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

    public void Committed(AppendReport report, TimeSpan duration)
    {
        _commitEvents.Record(report.Results.Length);
        _commitSeconds.Record(duration.TotalSeconds);
        if (report.LinkedCount > 0) _links.Add(report.LinkedCount);
        if (report.LimitedCount > 0) _limited.Add(report.LimitedCount);
    }

    public void Reattributed(int events) => _reattributed.Add(events);

    public void Removed(int events) => _removed.Add(events);

    public void Measured(IReadOnlyList<LogReader> readers) => _readers = readers;

    public void Dispose() => _meter.Dispose();
}
