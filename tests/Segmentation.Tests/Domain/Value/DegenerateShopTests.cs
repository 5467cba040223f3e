using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>Histories of which little can be learned: each gets an answer that says so, with numbers that are numbers.</summary>
public sealed class DegenerateShopTests
{
    // Day numbers below are counted from Origin.
    const int Origin = 700_000, AsOf = 1_000, Horizon = 90;
    static readonly ForecastTerms Terms = new(0.1, 1, 1_095);

    static PlacedOrder[] On(IEnumerable<int> days, double amount = 20) => [.. days.Select(d => new PlacedOrder(Origin + d, amount))];

    static IEnumerable<int> Every(int from, int gap, int orders) => Enumerable.Range(0, orders).Select(i => from + i * gap);

    static ValueModel Fit(IEnumerable<PlacedOrder[]> customers)
    {
        var sample = new ValueSample(Origin + AsOf, Horizon);
        foreach (var orders in customers) sample.Add(orders);
        return sample.Fit(0.2);
    }

    internal static readonly Dictionary<string, Func<IEnumerable<PlacedOrder[]>>> Shops = new()
    {
        ["one buyer"] = () => [On([100, 200, 300])],
        ["one buyer, once"] = () => [On([100])],
        ["two buyers"] = () => [On([100, 200, 300]), On([150])],
        ["two equal buyers"] = () => [On([100, 200]), On([100, 200])],
        ["everybody on one day, with two orders"] = () => Enumerable.Repeat(On([500, 500]), 600),
        ["everybody twice, on the same two days"] = () => Enumerable.Repeat(On([500, 600]), 600),
        ["nobody comes back"] = () => Enumerable.Range(0, 600).Select(i => On([i])),
        ["everybody to the day"] = () => Enumerable.Range(0, 600).Select(i => On(Every(i, 30, (AsOf - i) / 30 + 1))),
        ["everybody once more, then never"] = () => Enumerable.Range(0, 600).Select(i => On([i, i + 10])),
        ["everybody each day"] = () => Enumerable.Range(0, 200).Select(i => On(Every(AsOf - 300 + i, 1, 300 - i))),
        ["a shop of today"] = () => Enumerable.Range(0, 600).Select(_ => On([AsOf])),
        ["yesterday and today"] = () => Enumerable.Range(0, 600).Select(i => On(i % 2 == 0 ? [AsOf - 1, AsOf] : [AsOf])),
        ["thousands of days each"] = () => Enumerable.Range(0, 100).Select(i => On(Every(AsOf - 4_000 - 7 * i, 1, 3_000 + 11 * i % 900))),
        ["a great buyer among many of one order"] = () => Enumerable.Range(0, 100).Select(i => On([i])).Append(On(Every(AsOf - 9_000, 1, 9_000))),
        ["some daily for years, the rest once"] = () => Enumerable.Range(0, 200).Select(i => On(i % 3 == 0 ? Every(AsOf - 3_000 - i, 1, 2_500 + i) : [i])),
        ["worth nothing"] = () => Enumerable.Range(0, 600).Select(i => On(Every(i, 40, 4), 0)),
        ["worth the same"] = () => Enumerable.Range(0, 600).Select(i => On(Every(i, 1 + i % 50, 2 + i % 5), 9.99)),
        ["worth millions and cents"] = () => Enumerable.Range(0, 600).Select(i => On(Every(i, 1 + i % 50, 2 + i % 5), i % 2 == 0 ? 1e9 : 0.01)),
        ["sent back"] = () => Enumerable.Range(0, 600).Select(i => On(Every(i, 1 + i % 50, 2 + i % 5), -5)),
    };

    public static TheoryData<string> All() => [.. Shops.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_shop_gets_numbers_or_a_reason(string shop) => Told(Shops[shop]().ToList());

    /// <summary>Everything that is shown is a number in its range, and what is not shown has its reason.</summary>
    static ValueModel Told(IReadOnlyList<PlacedOrder[]> customers)
    {
        var model = Fit(customers);
        Assert.NotEmpty(model.Why);
        Assert.Equal(model.RepeatPurchases > 0, model.Models.Count > 0);
        foreach (var fitted in model.Models)
        {
            Assert.All(fitted.Parameters, p => Assert.True(double.IsFinite(p.Value) && p.Value > 0 && p.StandardError is null or > 0 && double.IsFinite(p.StandardError ?? 0)));
            Assert.True(double.IsFinite(fitted.LogLikelihood) && double.IsFinite(fitted.GainOverNbd));
            foreach (var orders in customers.Take(40).Append(customers[^1])) Told(fitted.ToModel(), RepeatPurchases.Of(ValueSample.Distinct([.. orders.Select(o => o.Day)]), Origin + AsOf));
        }
        Assert.Equal(model.IsDropoutIdentified, model.ChosenModel is { IsIdentified: true } and not { Kind: PurchaseModelKind.Nbd });
        if (model.Models.Count > 0 && !model.IsDropoutIdentified) Assert.StartsWith("Dropout not identified", model.Why, StringComparison.Ordinal);
        if (model.Spend is { } spend) Assert.All((double[])[spend.P, spend.Q, spend.Gamma], p => Assert.True(double.IsFinite(p) && p > 0));
        Assert.All(model.LapseRules, r => Assert.InRange(r.Accuracy.Accuracy, 0, 1));
        return model;
    }

    static void Told(PurchaseModel model, RepeatPurchases customer)
    {
        Assert.InRange(model.ProbabilityAlive(customer), 0, 1);
        Assert.InRange(model.ProbabilityOfPurchase(90, customer), 0, 1);
        Assert.InRange(model.ExpectedPurchases(365, customer), 0, double.MaxValue);
        Assert.InRange(OrderCountChance.Of(model, customer).Sum(c => c.Probability), 1 - 1e-6, 1 + 1e-6);
        Assert.False(model.MedianWait(customer) is { } wait && !double.IsFinite(wait));
        if (model is ParetoNbd pareto) Assert.InRange(pareto.ResidualPurchases(Special.LogOnePlus(Terms.AnnualDiscount) / 365, customer)!.Value, 0, double.MaxValue);
    }

    [Theory]
    [InlineData("one buyer")]
    [InlineData("two buyers")]
    [InlineData("two equal buyers")]
    [InlineData("everybody twice, on the same two days")]
    [InlineData("everybody to the day")]
    [InlineData("everybody each day")]
    [InlineData("yesterday and today")]
    public void What_says_nothing_about_stopping_falls_back_to_NBD(string shop)
    {
        var model = Fit(Shops[shop]());
        Assert.Equal(PurchaseModelKind.Nbd, model.Chosen);
        Assert.StartsWith("Dropout not identified", model.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one buyer, once")]
    [InlineData("everybody on one day, with two orders")]
    [InlineData("nobody comes back")]
    [InlineData("a shop of today")]
    public void Without_a_second_day_there_is_no_rhythm(string shop)
    {
        var model = Fit(Shops[shop]());
        Assert.Null(model.Chosen);
        Assert.StartsWith("Nobody bought again", model.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Spend_of_which_nothing_varies_has_no_standard_errors()
    {
        var spend = Fit(Shops["worth the same"]()).Spend!;
        Assert.Null(spend.StandardErrors);
        Assert.Equal(9.99, spend.ToModel().Expected(new MeanSpend(3, 9.99))!.Value, 0.05);
        Assert.Null(Fit(Shops["worth nothing"]()).Spend);
    }

    [Fact]
    public void Any_shop_at_all() => Prop.ForAll(AnyShop().ToArbitrary(), shop => Told(shop) is not null).Check(Config.QuickThrowOnFailure.WithMaxTest(30));

    /// <summary>Few or many customers, of any rhythm, also none; most of them alike or none of them.</summary>
    static Gen<List<PlacedOrder[]>> AnyShop() =>
        from customers in Gen.Choose(1, 60)
        from gapMax in Gen.Elements(1, 7, 400)
        from ordersMax in Gen.Elements(2, 5, 300)
        from alike in Gen.Elements(false, true)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select Random(customers, gapMax, ordersMax, alike, new Random(seed));

    static List<PlacedOrder[]> Random(int customers, int gapMax, int ordersMax, bool alike, Random random)
    {
        var first = One();
        return [.. Enumerable.Range(0, customers).Select(i => alike && i % 10 != 0 ? first : One())];

        PlacedOrder[] One()
        {
            var (day, orders) = (AsOf - random.Next(0, 2_000), new List<PlacedOrder>());
            for (var left = random.Next(1, ordersMax + 1); left > 0 && day <= AsOf; left--, day += random.Next(0, gapMax + 1)) orders.Add(new(Origin + day, Math.Round(100 * random.NextDouble(), 2)));
            return [.. orders];
        }
    }
}
