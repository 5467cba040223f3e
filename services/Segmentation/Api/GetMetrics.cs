using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Metric = Perennial.Segmentation.Domain.Metric;
using MetricDefinition = Perennial.Segmentation.Domain.MetricDefinition;
using MetricValue = Perennial.Segmentation.Domain.MetricValue;

namespace Perennial.Segmentation.Api;

internal sealed partial class MetricsApi
{
    /// <summary>Lapse by the shop's own rhythm of orders.</summary>
    const string DefaultModel = "active-lapsed";

    const int MoneyDecimals = 4;

    /// <summary>What metrics that rest on stages are told from.</summary>
    /// <param name="Use">Null where the model is not active.</param>
    /// <param name="Withheld">Why there are none; empty where there are.</param>
    sealed record StageGround(Derivation? Use, StageMonths? Months, string Withheld);

    public override async Task<MetricSeries> GetMetrics(GetMetricsRequest request, ServerCallContext context)
    {
        Check(request.Shop, request.FirstMonth, request.LastMonth, request.AsOf).Name(request.Model, "model")
            .Require(request.Metrics.All(m => m != V1.Metric.Unspecified && System.Enum.IsDefined(m)), "metrics", "must be among those that the contract names")
            .Throw();
        var period = await PeriodAsync(request.Shop, request.FirstMonth, request.LastMonth, request.AsOf, context.CancellationToken);
        MetricDefinition[] asked = [.. ShopMetrics.Definitions.Where(d => request.Metrics.Count == 0 || request.Metrics.Contains((V1.Metric)d.Metric))];
        // Asked before the store: the answer rests on at least what it says.
        var progress = feed.Progress;
        var sums = await store.SumOrdersAsync(period.Tally, period.AsOf, request.IncludeAnonymous, context.CancellationToken);
        var model = request.Model.Length == 0 ? DefaultModel : request.Model;
        var ground = Array.Exists(asked, d => d.NeedsStages) ? await GroundAsync(period, model, request.IncludeAnonymous, context.CancellationToken) : null;
        return new MetricSeries
        {
            Shop = period.Shop.Id,
            AsOfDate = ToDate(period.AsOf),
            TimeZone = period.Tally.Zone.Id,
            CurrencyCode = period.Shop.Currency,
            Model = model,
            ModelRevision = ground?.Use?.Model.Revision ?? 0,
            PopulationRevision = ground?.Use?.Model.PopulationRevision ?? 0,
            Definitions = { asked.Select(ToProto) },
            Months = { period.Months.Select(m => ToMonth(period, m, asked, sums, ground)) },
            Progress = progress,
        };
    }

    /// <exception cref="RpcException">MODEL_NOT_FOUND.</exception>
    async Task<StageGround> GroundAsync(Period period, string model, bool includeAnonymous, CancellationToken cancellation)
    {
        if (await store.FindActiveAsync(period.Shop.Id, model, cancellation) is { } use)
        {
            DateTimeOffset[] ends = [Domain.Calendar.StartOf(OrderTally.StartOf(period.First), period.Tally.Zone), .. period.Months.Select(period.EndOf)];
            return new StageGround(use, await store.CountMonthsAsync(period.Shop, use, ends, includeAnonymous, cancellation), ShopMetrics.WithheldBy(use.Model));
        }
        if (await store.FindModelAsync(period.Shop.Id, model, 0, cancellation) is not { } known) throw Lookups.ModelNotFound(period.Shop, model);
        return new StageGround(null, null, known.Deriving is null ? $"model '{model}' is not active; activate it" : $"model '{model}' is being derived; ask again when it is active");
    }

    static MonthMetrics ToMonth(Period period, int month, MetricDefinition[] asked, Dictionary<(int Cohort, int Month), OrderSums> sums, StageGround? ground)
    {
        var answer = new MonthMetrics { Month = ToMonth(month), Partial = period.IsPartial(month) };
        var flows = ground?.Months?.Flows[month - period.First];
        var values = ShopMetrics.OfOrders(sums, month).Concat(ShopMetrics.OfStages(flows, ground?.Withheld ?? "")).ToDictionary(v => v.Metric);
        answer.Values.AddRange(asked.Where(d => values.ContainsKey(d.Metric)).Select(d => ToProto(values[d.Metric], d.Unit, period.Shop)));
        if (flows is null) return answer;
        var model = ground!.Use!.Model;
        if (Array.Exists(asked, d => d.Metric == Metric.RevenueByStage)) answer.Stages.AddRange(model.Model.Stages.Select(s => ToCount(s, flows, period.Shop)));
        if (Array.Exists(asked, d => d.Metric == Metric.StageFlows)) answer.Flows.AddRange(ToFlows(model, flows));
        return answer;
    }

    static StageCount ToCount(Stage stage, IReadOnlyDictionary<(Stage? From, Stage? To), StageTotal> flows, Shop shop)
    {
        var total = flows.Where(f => f.Key.To == stage).Aggregate(default(StageTotal), (sum, f) => sum + f.Value);
        return new StageCount { Stage = stage.Id, CustomerCount = total.Customers, Value = total.Value.ToMoney(shop.Currency) };
    }

    // "Not yet seen" is no stage of the model, and comes first.
    static IEnumerable<StageFlow> ToFlows(BoundModel model, IReadOnlyDictionary<(Stage? From, Stage? To), StageTotal> flows) =>
        from flow in flows
        where flow.Key.To is not null
        orderby flow.Key.From is { } stage ? model.OrdinalOf(stage) : -1, model.OrdinalOf(flow.Key.To!)
        select new StageFlow { FromStage = flow.Key.From?.Id ?? "", ToStage = flow.Key.To!.Id, CustomerCount = flow.Value.Customers };

    // Both enums number the same metrics the same way, which a test holds.
    static V1.MetricDefinition ToProto(MetricDefinition definition)
        => new() { Metric = (V1.Metric)definition.Metric, Unit = (V1.MetricUnit)definition.Unit, Definition = definition.Text, Source = definition.Source };

    static V1.MetricValue ToProto(MetricValue value, Domain.MetricUnit unit, Shop shop)
    {
        var proto = new V1.MetricValue { Metric = (V1.Metric)value.Metric, Numerator = (double)value.Numerator, WithheldReason = value.Withheld };
        if (value.Denominator is { } denominator) proto.Denominator = (double)denominator;
        if (value.Value is not { } known) return proto;
        proto.Value = (double)known;
        if (unit == Domain.MetricUnit.Money) proto.Amount = decimal.Round(known, MoneyDecimals).ToMoney(shop.Currency);
        return proto;
    }
}
