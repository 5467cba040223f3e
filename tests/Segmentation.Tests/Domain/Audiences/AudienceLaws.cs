using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;
using Perennial.Segmentation.Tests.Domain.Value;
using static Perennial.Segmentation.Tests.Domain.Audiences.GivenAudiences;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain.Audiences;

/// <summary>What holds of every filter and every customer.</summary>
public sealed class AudienceLaws
{
    static readonly string[] Restrictions =
    [
        "stage = (new OR promising)", "stage != loyal", "stages.active-lapsed = lapsed", "stages.rfm = (champions OR lost)", "order_count > 1", "days_since_last_order >= 31", "days_since_last_order = 61", "orders_within_30_days = 1",
        "orders_within_365_days < 3", "days_beyond_lapse > 0", "recency_score <= 2", "days_since_last_view < 17", "days_since_last_visit:*", "days_since_last_event != 90", "engagement_score >= 0.5", "engagement_score = 0", "engagement_score < 2.25", "last_nps_score >= 9", "spend >= 25.5", "first_order_time < 2011-06-01T00:00:00Z",
        "last_order_time:*", "identified", "vip", "vip = false", "one_time", "repeat", "warm", "cold", "new_customer", "returning", "returning = false", "predicted_clv > 50", "predicted_clv <= 20.5", "NOT predicted_clv:*", "predicted_number_of_orders >= 0.5", "predicted_number_of_orders != 1", "predicted_number_of_orders < 0.000001", "churn_probability >= 0.6", "churn_probability < 0.9", "churn_probability = 1", "traits.plan = \"gold*\"", "traits.plan != silver", "traits.colour != red",
    ];

    static Gen<string> Filter(int depth) => depth == 0 ? Gen.Elements(Restrictions) : Gen.OneOf(
        Gen.Elements(Restrictions),
        Filter(depth - 1).Select(f => $"NOT ({f})"),
        Filter(depth - 1).Zip(Filter(depth - 1), (a, b) => $"({a}) AND ({b})"),
        Filter(depth - 1).Zip(Filter(depth - 1), (a, b) => $"({a}) OR ({b})"));

    sealed record Case(string Filter, string Other, History History, bool Identified, AudienceMeasures Measures, ValueModel? Fit, IReadOnlyList<Identification> Traits, DateTimeOffset Instant)
    {
        /// <summary>What has happened by the instant.</summary>
        public History Known => History.Of(History.FirstSeen, History.Facts.Where(f => f.Time <= Instant), "GBP", null, History.Activities.Where(a => a.Time <= Instant), History.Opinions.Where(o => o.Time <= Instant), Traits.Where(t => t.Time <= Instant));

        public DateOnly Today => Calendar.DateOf(Instant, Measures.Zone);

        public AudienceCustomer? Customer { get; } = AudienceCustomer.At(History, Instant, Identified, Measures);

        public bool Holds(string filter) => Filters.Read(filter).Holds(Customer!, Today);
    }

    static Gen<Case> Cases() =>
        from filter in Filter(3)
        from other in Filter(2)
        from facts in Arbitrarily.Facts()
        from activities in Arbitrarily.Activities()
        from opinions in Arbitrarily.Opinions()
        from traits in Arbitrarily.Identifications()
        from identified in Gen.Elements(true, false)
        from zone in Gen.Elements(London, Zone("America/Sao_Paulo"), Zone("Asia/Beirut"), Zone("Pacific/Apia"))
        from population in Gen.Elements(Figures, Figures, null)
        from model in Gen.Elements(GivenValue.Models.Append(null))
        from lapse in Gen.Elements<int?>(1, 46, null)
        from instant in Arbitrarily.InstantNear(facts, zone)
        from buyers in Gen.Frequency((9, Gen.Constant(1_000)), (1, Gen.Constant(499)))
        let fit = model is null ? null : GivenValue.Fitted(model, lapse, buyers)
        select new Case(filter, other, History.Of(facts[0].Time, facts, "GBP", null, activities, opinions, traits), identified, Of(zone, population) with { Predictor = Predictor.Of(fit, ForecastTerms.Default) }, fit, traits, instant);

    static void Hold(Func<Case, bool> law) => Prop.ForAll(Cases().ToArbitrary(), c => c.Customer is null || law(c)).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void De_Morgan()
        => Hold(c => c.Holds($"NOT (({c.Filter}) AND ({c.Other}))") == c.Holds($"NOT ({c.Filter}) OR NOT ({c.Other})")
            && c.Holds($"NOT (({c.Filter}) OR ({c.Other}))") == c.Holds($"NOT ({c.Filter}) AND NOT ({c.Other})"));

    [Fact]
    public void Connectives_mean_what_they_say()
        => Hold(c => (c.Holds(c.Filter), c.Holds(c.Other)) is var (one, other)
            && c.Holds($"({c.Filter}) AND ({c.Other})") == (one && other)
            && c.Holds($"({c.Filter}) ({c.Other})") == (one && other)
            && c.Holds($"({c.Filter}) OR ({c.Other})") == (one || other)
            && c.Holds($"-({c.Filter})") == !one
            && c.Holds(AudienceFilters.Canonical(c.Filter)) == one);

    [Fact]
    public void Until_the_announced_change_it_stays_and_at_it_it_turns()
    {
        var cases = from c in Cases()
                    from share in Gen.Choose(0, 999)
                    select (Case: c, Share: share);
        Prop.ForAll(cases.ToArbitrary(), pair =>
        {
            var c = pair.Case;
            // The announcement rests on what has happened by now: the rest of the history must not happen.
            var known = c.Known;
            if (AudienceCustomer.At(known, c.Instant, c.Identified, c.Measures) is not { } customer) return true;
            var (audience, zone) = (Filters.Read(c.Filter), c.Measures.Zone);
            var holds = audience.Holds(customer, c.Today);
            var next = audience.NextByClock(customer, c.Today, zone);
            var end = next?.Time ?? c.Instant.AddDays(4_000);
            var between = c.Instant + TimeSpan.FromMilliseconds(Math.Floor((end - c.Instant).TotalMilliseconds / 1_000 * pair.Share));
            return end > c.Instant
                && HoldsAt(c.Instant) == holds && HoldsAt(between) == holds && HoldsAt(end.AddMilliseconds(-1)) == holds
                && (next is null || HoldsAt(end) == !holds && next.Enters == !holds && next.Date == Calendar.DateOf(end, zone));

            // Evaluated anew, as of then.
            bool HoldsAt(DateTimeOffset instant) => audience.Holds(AudienceCustomer.At(known, instant, c.Identified, c.Measures)!, Calendar.DateOf(instant, zone));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Fact]
    public void What_is_predicted_is_what_a_forecast_says()
        => Hold(c =>
        {
            var forecast = CustomerForecast.Of(Buyer.Of([.. c.History.Facts.Where(f => f.Time <= c.Instant)], "GBP", c.Measures.Zone).Orders, c.Today.DayNumber, c.Fit, ForecastTerms.Default);
            return Is("predicted_clv", forecast.PredictedClv) && Is("predicted_number_of_orders", forecast.PredictedOrders) && Is("churn_probability", forecast.ChurnProbability);

            bool Is(string field, double? expected) => c.Customer!.Value(AudienceFields.Common.Single(f => f.Name == field), c.Today) is var value
                && (expected is { } known ? value.Kind == FieldKind.Number && Math.Abs((double)value.AsNumber - known) <= 0.500001e-6 : value.Kind == FieldKind.None);
        });

    [Fact]
    public void Stages_are_those_of_the_lifecycle()
        => Hold(c => c.Measures.Models.Values.All(m => Lifecycle.At(c.History, m, c.Measures.Zone, c.Instant)!.Stage.Id is var stage && c.Holds($"stages.{m.Id} = {stage}") && !c.Holds($"stages.{m.Id} != {stage}")));

    [Fact]
    public void Later_events_change_no_answer()
        => Hold(c => c.Holds(c.Filter) == Filters.Read(c.Filter).Holds(AudienceCustomer.At(c.Known, c.Instant, c.Identified, c.Measures)!, c.Today));
}
