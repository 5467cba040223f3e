using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>GetMetrics and GetCohorts as callers see them.</summary>
public sealed class MetricsTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    MetricsService.MetricsServiceClient Client => new(fixture.House.Invoker);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    AsyncUnaryCall<MetricSeries> Metrics(string first = "", string last = "", string? asOf = null, string model = "", string shop = "tea", params Metric[] metrics)
        => Client.GetMetricsAsync(new GetMetricsRequest { Shop = shop, FirstMonth = first, LastMonth = last, AsOf = asOf is null ? null : Utc(asOf).ToTimestamp(), Model = model, Metrics = { metrics } }, cancellationToken: Cancellation);

    AsyncUnaryCall<CohortTable> Cohorts(string first = "", string last = "", string? asOf = null, bool anonymous = false, string shop = "tea")
        => Client.GetCohortsAsync(new GetCohortsRequest { Shop = shop, FirstMonth = first, LastMonth = last, AsOf = asOf is null ? null : Utc(asOf).ToTimestamp(), IncludeAnonymous = anonymous }, cancellationToken: Cancellation);

    static double? Value(MonthMetrics month, Metric metric) => month.Values.Single(v => v.Metric == metric) is { HasValue: true } value ? value.Value : null;

    static IEnumerable<string> Text(CohortTable table) => table.Cohorts.Select(c => $"{c.Month} {c.CustomerCount}: {string.Join(' ', c.Months.Select(m => $"{m.Offset}={m.CustomerCount}/{m.OrderCount}/{m.Revenue.Units}"))}");

    [Fact]
    public async Task Cohorts_are_by_the_month_of_the_first_order()
    {
        var table = await Cohorts("2024-01", "2024-04", "2024-06-30T12:00:00Z");
        Assert.Equal(
            ["2024-01 2: 0=2/2/35 1=1/1/25 2=1/1/25 3=1/1/23", "2024-02 0: 0=0/0/0 1=0/0/0 2=0/0/0", "2024-03 0: 0=0/0/0 1=0/0/0", "2024-04 0: 0=0/0/0"],
            Text(table));
        Assert.Equal(0.5, table.Cohorts[0].Months[1].Retention);
        Assert.False(table.Cohorts[1].Months[0].HasRetention);
        Assert.Equal(("2024-06-30", "Europe/London", "GBP", false), (table.AsOfDate, table.TimeZone, table.CurrencyCode, table.Partial));
        Assert.NotEmpty(table.Definition);
        Assert.NotEmpty(table.Source);
    }

    [Fact]
    public async Task As_of_an_earlier_day_a_cancelled_order_counts_still()
    {
        Assert.Equal(["2024-03 1: 0=1/1/40"], Text(await Cohorts("2024-03", asOf: "2024-03-01T12:00:00Z")));
        Assert.Equal(["2024-03 0: 0=0/0/0"], Text(await Cohorts("2024-03", asOf: "2024-03-02T00:00:00Z")));
        Assert.True((await Cohorts("2024-03", asOf: "2024-03-02T00:00:00Z")).Partial);
    }

    [Fact]
    public async Task Counts_visitors_when_asked() => Assert.Equal(["2024-03 1: 0=1/1/40"], Text(await Cohorts("2024-03", "2024-03", anonymous: true)));

    [Fact]
    public async Task Metrics_come_by_month_with_definitions_numerators_and_denominators()
    {
        var series = await Metrics("2024-01", "2024-02", metrics: [Metric.AverageOrderValue, Metric.NewCustomers, Metric.DaysToSecondOrder]);

        Assert.Equal([Metric.NewCustomers, Metric.AverageOrderValue, Metric.DaysToSecondOrder], series.Definitions.Select(d => d.Metric));
        Assert.All(series.Definitions, d => Assert.True(d.Definition.Length > 0 && d.Source.Length > 0 && d.Unit != MetricUnit.Unspecified));
        Assert.Equal(["2024-01", "2024-02"], series.Months.Select(m => m.Month));
        var (january, february) = (series.Months[0], series.Months[1]);
        Assert.Equal([2, 17.75], [Value(january, Metric.NewCustomers), Value(january, Metric.AverageOrderValue)]);
        Assert.Equal((35.5, 2), (january.Values[1].Numerator, january.Values[1].Denominator));
        Assert.Equal(Said.Money(17.75m, "GBP"), january.Values[1].Amount);
        Assert.Equal(31, Value(february, Metric.DaysToSecondOrder));
        Assert.Null(Value(january, Metric.DaysToSecondOrder));
        Assert.NotEmpty(january.Values[2].WithheldReason);
        Assert.Equal(0, series.ModelRevision);
    }

    [Fact]
    public async Task The_last_twelve_months_and_every_metric_where_nothing_is_said()
    {
        var series = await Metrics();
        Assert.Equal(("2023-07", "2024-06", 12), (series.Months[0].Month, series.Months[^1].Month, series.Months.Count));
        Assert.Equal(17, series.Definitions.Count);
        Assert.Equal(fixture.House.Recorded, series.Progress.Partitions.Sum(p => p.Position));
    }

    [Fact]
    public async Task Rates_by_a_model_that_is_not_active_are_withheld_with_the_remedy()
    {
        var month = (await Metrics("2024-06")).Months.Single();
        Assert.Equal([Metric.ChurnRate, Metric.CustomerRetentionRate, Metric.RevenueByStage, Metric.StageFlows], month.Values.TakeLast(4).Select(v => v.Metric));
        Assert.All(month.Values.TakeLast(4), v => Assert.Equal((false, "model 'active-lapsed' is not active; activate it"), (v.HasValue, v.WithheldReason)));
        Assert.Empty(month.Stages);
    }

    /// <summary>user:once ordered on 10 January alone: a sleeper from 10 April on. user:loyal stays active until July.</summary>
    [Fact]
    public async Task Rates_stages_and_flows_are_those_of_the_model()
    {
        var april = (await Metrics("2024-04", "2024-04", model: "clc")).Months.Single();

        Assert.Equal((0.5, 1, 2), (Value(april, Metric.ChurnRate), april.Values.Single(v => v.Metric == Metric.ChurnRate).Numerator, april.Values.Single(v => v.Metric == Metric.ChurnRate).Denominator));
        Assert.Equal(0.5, Value(april, Metric.CustomerRetentionRate));
        Assert.Equal(["prospect 2 0", "new 0 0", "promising 0 0", "loyal 1 100", "drifting 0 0", "sleeper 1 10", "at_risk 0 0", "red_alert 0 0"], april.Stages.Select(s => $"{s.Stage} {s.CustomerCount} {s.Value.Units}"));
        Assert.Equal(["prospect prospect 2", "promising loyal 1", "drifting sleeper 1"], april.Flows.Select(f => $"{f.FromStage} {f.ToStage} {f.CustomerCount}"));
        Assert.False(april.Partial);
    }

    [Fact]
    public async Task Revenue_by_stage_is_that_of_the_counts_of_stages()
    {
        var series = await Metrics("2024-03", "2024-03", "2024-03-17T08:00:00Z", "clc", metrics: Metric.RevenueByStage);
        var counts = await fixture.Client.GetStageCountsAsync(new GetStageCountsRequest { Shop = "tea", AsOf = Utc("2024-03-17T23:59:59.999Z").ToTimestamp() }, cancellationToken: Cancellation);

        Assert.Equal(counts.Stages, series.Months.Single().Stages);
        Assert.Empty(series.Months.Single().Values);
        Assert.True(series.Months.Single().Partial);
    }

    [Fact]
    public async Task Refuses_what_cannot_be_answered()
    {
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Cohorts(shop: "coffee"), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Metrics(model: "vip"), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Metrics(model: "tally/orders"), StatusCode.NotFound)).Reason);
        Assert.Equal(["first_month", "last_month", "metrics"], await ViolationsAsync(Metrics("2024-13", "May", metrics: Metric.Unspecified)));
        Assert.Equal(["last_month"], await ViolationsAsync(Metrics("2024-01", "2024-07")));
        Assert.Equal(["first_month"], await ViolationsAsync(Cohorts("2024-02", "2024-01")));
        Assert.Equal(["first_month"], await ViolationsAsync(Cohorts("2014-06", "2024-06")));
        Assert.Equal(120, (await Cohorts("2014-07", "2024-06")).Cohorts.Count);
    }
}
