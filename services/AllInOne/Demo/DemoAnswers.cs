using Perennial.Campaigns.V1;
using Perennial.Segmentation.V1;

namespace Perennial.AllInOne.Demo;

/// <summary>All that the demo shows.</summary>
/// <param name="Counts">One per day asked for, the sample's last day first.</param>
/// <param name="Flows">Between stages over the last 30 days of the sample.</param>
/// <param name="Customers">Two per interesting stage.</param>
/// <param name="Others">The same customers on the sample's last day in other families of models.</param>
/// <param name="Population">What those are measured against, learned from the sample itself.</param>
internal sealed record DemoAnswers(
    IReadOnlyList<(DateOnly Day, StageCounts Counts)> Counts,
    (DateOnly From, DateOnly To, StageFlows Flows) Flows,
    IReadOnlyList<(CustomerLifecycle Lifecycle, NextAction Action)> Customers,
    IReadOnlyList<StageCounts> Others,
    Population Population)
{
    public DemoTimings Timings { get; init; } = new(default, default, default, default, default);
}

/// <summary>Where the time went.</summary>
internal sealed record DemoTimings(TimeSpan Start, TimeSpan Import, TimeSpan CatchUp, TimeSpan Questions, TimeSpan Total);
