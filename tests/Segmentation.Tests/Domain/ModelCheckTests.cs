using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class ModelCheckTests
{
    static LifecycleModel Model(params Stage[] stages) => new("", "", "", stages);

    static Stage Stage(string id, params Rule[] rules) => new(id, "", "", "", rules);

    static Rule Orders(int? min, int? max) => new(Condition.Whole(Feature.OrderCount, min, max));

    static Rule Orders(int? min, int? max, int? daysMin, int? daysMax) => new(Condition.Whole(Feature.OrderCount, min, max), Condition.Whole(Feature.DaysSinceLastOrder, daysMin, daysMax));

    static string Example(Flaw flaw) => Words.Of(flaw.Example);

    public static TheoryData<string> BuiltIn() => [.. BuiltInModels.All.Keys];

    [Theory]
    [MemberData(nameof(BuiltIn))]
    public void Every_built_in_model_is_total_and_disjoint(string id) => Assert.Empty(ModelCheck.Of(BuiltInModels.All[id]));

    [Fact]
    public void A_gap_is_shown_by_its_least_customer()
    {
        var clc = BuiltInModels.All["clc"];
        var flaw = Assert.Single(ModelCheck.Of(clc with { Stages = [.. clc.Stages.Where(s => s.Id != "at_risk")] }));
        Assert.Equal((FlawKind.Gap, "4 orders, the last 91 days ago"), (flaw.Kind, Example(flaw)));
    }

    [Fact]
    public void An_overlap_names_both_stages_and_somebody_in_both()
    {
        var flaw = Assert.Single(ModelCheck.Of(Model(Stage("none", Orders(0, 0)), Stage("few", Orders(1, 3)), Stage("many", Orders(3, null)))));
        Assert.Equal((FlawKind.Overlap, "few,many", "3 orders"), (flaw.Kind, string.Join(',', flaw.Stages), Example(flaw)));
    }

    [Fact]
    public void Rules_of_one_stage_may_overlap() => Assert.Empty(ModelCheck.Of(Model(Stage("none", Orders(0, 0)), Stage("any", Orders(1, 3), Orders(2, null)))));

    [Fact]
    public void The_literal_reading_leaves_gaps_that_only_another_stage_fills()
    {
        var windowed = BuiltInModels.All["clc-windowed"];
        var flaws = ModelCheck.Of(windowed with { Stages = [.. windowed.Stages.Where(s => !s.Otherwise)] });
        Assert.NotEmpty(flaws);
        Assert.All(flaws, f => Assert.Equal(FlawKind.Gap, f.Kind));
        // Two orders, of which the last 60 days hold one: not "two or three purchases in the last 60 days".
        Assert.Contains("2 orders, no order within 30 days, 1 order within 60 days, 1 order within 90 days, the last 31 days ago", flaws.Select(Sorted));

        static string Sorted(Flaw flaw) => Words.Of(flaw.Example.OrderBy(v => v.Axis.Feature == Feature.DaysSinceLastOrder ? 4_000 : v.Axis.WindowDays));
    }

    [Fact]
    public void Window_counts_alone_overlap()
    {
        var flaws = ModelCheck.Of(RealShopTests.WindowCountsOnly);
        Assert.Contains(flaws, f => f.Kind == FlawKind.Overlap && f.Stages.SequenceEqual(["new", "promising"]));
        Assert.Contains(flaws, f => f.Kind == FlawKind.Gap);
    }

    [Fact]
    public void A_stage_that_takes_the_others_fills_gaps_and_no_overlap()
    {
        var rest = new Stage("rest", "", "", "", [], Otherwise: true);
        Assert.Empty(ModelCheck.Of(Model(Stage("none", Orders(0, 0)), rest)));
        Assert.Equal(FlawKind.Overlap, Assert.Single(ModelCheck.Of(Model(Stage("none", Orders(0, 0)), Stage("few", Orders(0, 3)), rest))).Kind);
    }

    [Fact]
    public void A_rule_for_nobody_is_named()
    {
        var flaw = Assert.Single(ModelCheck.Of(Model(Stage("none", Orders(0, 0)), Stage("any", Orders(1, null), Orders(0, 0, 5, null)))));
        Assert.Equal((FlawKind.IdleRule, "any", 1), (flaw.Kind, flaw.Stages[0], flaw.Rule));
    }

    [Fact]
    public void Too_many_cells_are_refused_rather_than_looked_at()
    {
        var features = (Feature[])[Feature.ReferralCount, Feature.ReviewCount, Feature.ShareCount, Feature.OrderCount];
        var stages = Enumerable.Range(0, 40).Select(n => Stage($"s{n}", new Rule([.. features.Select(f => Condition.Whole(f, n, n))])));
        var flaw = Assert.Single(ModelCheck.Of(Model([.. stages])));
        Assert.Equal((FlawKind.TooFine, 41L * 41 * 41 * 41), (flaw.Kind, flaw.Cells));
    }

    [Fact]
    public void No_order_is_no_last_order_and_the_other_way_round()
        => Assert.Empty(ModelCheck.Of(Model(
            Stage("none", Orders(0, 0)),
            Stage("some", new Rule(new Condition(new(Feature.DaysSinceLastOrder)))))));

    [Fact]
    public void A_window_holds_an_order_exactly_where_the_last_one_lies_in_it()
        => Assert.Empty(ModelCheck.Of(Model(
            Stage("none", Orders(0, 0)),
            Stage("recent", new Rule(Condition.Whole(Feature.OrdersWithin, 1, null, 30))),
            Stage("old", Orders(1, null, 31, null)))));

    [Fact]
    public void A_wider_window_holds_no_fewer_orders()
        => Assert.Empty(ModelCheck.Of(Model(
            Stage("none", new Rule(Condition.Whole(Feature.OrdersWithin, 0, 0, 90))),
            Stage("late", new Rule(Condition.Whole(Feature.OrdersWithin, 1, null, 90), Condition.Whole(Feature.OrdersWithin, 0, 0, 30))),
            Stage("early", new Rule(Condition.Whole(Feature.OrdersWithin, 1, null, 30))))));

    [Fact]
    public void Somebody_without_an_order_has_spent_nothing()
        => Assert.Empty(ModelCheck.Of(Model(
            Stage("none", Orders(0, 0)),
            Stage("little", new Rule(Condition.Whole(Feature.OrderCount, 1, null), new Condition(new(Feature.Spend), null, new Limit(0)))),
            Stage("something", new Rule(new Condition(new(Feature.Spend), new Limit(0, IsOpen: true)))))));

    [Fact]
    public void Whoever_viewed_visited_and_did_so_no_later()
        => Assert.Empty(ModelCheck.Of(Model(
            Stage("never", new Rule(new Condition(new(Feature.DaysSinceLastVisit), Absent: true))),
            Stage("lately", new Rule(Condition.Whole(Feature.DaysSinceLastVisit, null, 7))),
            Stage("looked", new Rule(Condition.Whole(Feature.DaysSinceLastVisit, 8, null), Condition.Whole(Feature.DaysSinceLastView, 8, null))),
            Stage("passed", new Rule(Condition.Whole(Feature.DaysSinceLastVisit, 8, null), new Condition(new(Feature.DaysSinceLastView), Absent: true))))));

    [Theory]
    [InlineData(100, false, 100, true)]
    [InlineData(100.0001, false, 100, false)]
    public void Bounds_of_money_meet_to_a_ten_thousandth(double lower, bool lowerOpen, double upper, bool upperOpen)
        => Assert.Empty(ModelCheck.Of(Model(
            Stage("below", new Rule(new Condition(new(Feature.Spend), null, new Limit((decimal)upper, upperOpen)))),
            Stage("above", new Rule(new Condition(new(Feature.Spend), new Limit((decimal)lower, lowerOpen)))))));

    [Fact]
    public void Money_between_two_bounds_is_a_gap()
    {
        var flaw = Assert.Single(ModelCheck.Of(Model(
            Stage("below", new Rule(new Condition(new(Feature.Spend), null, new Limit(100, IsOpen: true)))),
            Stage("above", new Rule(new Condition(new(Feature.Spend), new Limit(100, IsOpen: true)))))));
        Assert.Equal((FlawKind.Gap, "spend 100"), (flaw.Kind, Example(flaw)));
    }

    [Fact]
    public void As_many_cells_as_are_looked_at_take_no_longer_than_a_call_may()
    {
        // 10 to the 5th cells of five features, over some 500 rules.
        var features = (Feature[])[Feature.ReferralCount, Feature.ReviewCount, Feature.ShareCount, Feature.OrderCount, Feature.DaysBeyondLapse];
        var rules = Enumerable.Range(0, 500).Select(n => new Rule([.. features.Select((f, i) => Condition.Whole(f, 1 + n / (i + 1) % 8, 1 + n / (i + 1) % 8))]));
        var started = TimeProvider.System.GetTimestamp();
        Assert.Empty(ModelCheck.Of(Model(Stage("many", [.. rules]), new Stage("rest", "", "", "", [], Otherwise: true))));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }
}
