using System.Diagnostics.Metrics;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation;

/// <summary>What this house counts.</summary>
internal sealed class Metrics : IDisposable
{
    readonly Meter _meter = new(Telemetry.Prefix + "Segmentation");
    readonly Counter<long> _facts;
    readonly Counter<long> _customers;
    readonly Counter<long> _foreignAmounts;
    readonly Counter<long> _transitions;
    readonly Counter<long> _swept;
    readonly Counter<long> _previewed;
    readonly Histogram<double> _applyDuration;
    readonly Histogram<double> _fitDuration;

    public Metrics()
    {
        _facts = _meter.CreateCounter<long>("perennial.segmentation.facts", "{fact}", "Facts about orders that were not known before.");
        _customers = _meter.CreateCounter<long>("perennial.segmentation.customers.changed", "{customer}", "Customers whose timeline was derived anew.");
        _foreignAmounts = _meter.CreateCounter<long>("perennial.segmentation.amounts.foreign", "{amount}", "Amounts left out of values, being in another currency than the shop's.");
        _transitions = _meter.CreateCounter<long>("perennial.segmentation.transitions", "{transition}", "Changes of present stages that events brought into the feed.");
        _swept = _meter.CreateCounter<long>("perennial.segmentation.swept", "{customer}", "Customers whose stage the clock alone was due to change.");
        _previewed = _meter.CreateCounter<long>("perennial.segmentation.previewed", "{customer}", "Customers that previews of models went through.");
        _applyDuration = _meter.CreateHistogram<double>("perennial.segmentation.apply.duration", "s", "Time to apply a batch of events.");
        _fitDuration = _meter.CreateHistogram<double>("perennial.segmentation.fit.duration", "s", "Time to read a shop's orders and fit its value models.");
    }

    public void Applied(Applied applied, TimeSpan duration)
    {
        _facts.Add(applied.Facts);
        _customers.Add(applied.Customers);
        _foreignAmounts.Add(applied.ForeignAmounts);
        _transitions.Add(applied.Transitions);
        _applyDuration.Record(duration.TotalSeconds);
    }

    public void Swept(int customers) => _swept.Add(customers);

    public void Previewed(int customers) => _previewed.Add(customers);

    public void Fitted(TimeSpan duration) => _fitDuration.Record(duration.TotalSeconds);

    public void Dispose() => _meter.Dispose();
}
