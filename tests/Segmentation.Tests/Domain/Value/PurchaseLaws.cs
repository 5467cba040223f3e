using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>What must hold for any population, without a table.</summary>
public sealed class PurchaseLaws
{
    static readonly string[] Names = ["NBD", "BG/NBD", "MBG/NBD", "Pareto/NBD"];

    static Gen<double> Between(double low, double high) => Gen.Choose(0, 1_000_000).Select(n => low * Math.Pow(high / low, n / 1e6));

    static Gen<PurchaseModel> Model() => Gen.OneOf(
        from r in Between(0.05, 5) from alpha in Between(0.5, 50) select (PurchaseModel)new Nbd(r, alpha),
        from r in Between(0.05, 5) from alpha in Between(0.5, 50) from a in Between(0.05, 5) from b in Between(0.05, 20) from stops in Gen.Elements(false, true) select (PurchaseModel)new BetaGeometric(r, alpha, a, b, stops),
        from r in Between(0.05, 5) from alpha in Between(0.5, 50) from s in Between(0.05, 5) from beta in Between(0.5, 50) select (PurchaseModel)new ParetoNbd(r, alpha, s, beta));

    static Gen<RepeatPurchases> Customer() =>
        from count in Gen.Choose(0, 40)
        from age in Between(1, 200)
        from share in Gen.Choose(1, 100)
        select new RepeatPurchases(count, count == 0 ? 0 : age * share / 100, age);

    static void Holds(Func<PurchaseModel, RepeatPurchases, bool> law)
        => Prop.ForAll((from m in Model() from c in Customer() select (m, c)).ToArbitrary(), x => law(x.m, x.c)).QuickCheckThrowOnFailure();

    [Fact]
    public void No_time_brings_no_purchase_and_more_time_brings_more() => Holds((model, c) =>
        model.ExpectedPurchases(0, c) == 0 && model.ExpectedPurchases(10, c) >= 0 && model.ExpectedPurchases(20, c) >= model.ExpectedPurchases(10, c) - 1e-9
        && model.ExpectedPurchases(0) == 0 && model.ExpectedPurchases(20) >= model.ExpectedPurchases(10) - 1e-9);

    [Fact]
    public void Probabilities_are_probabilities_and_grow_with_the_horizon() => Holds((model, c) =>
        model.ProbabilityAlive(c) is >= 0 and <= 1
        && model.ProbabilityOfPurchase(5, c) is >= 0 and <= 1
        && model.ProbabilityOfPurchase(10, c) >= model.ProbabilityOfPurchase(5, c) - 1e-9
        && model.ProbabilityOfPurchase(10, c) <= model.ProbabilityAlive(c) + 1e-9
        && model.ProbabilityOfPurchase(10, c) <= model.ExpectedPurchases(10, c) + 1e-6);

    [Fact]
    public void Silence_never_makes_anybody_more_alive() => Holds((model, c) => c with { Age = c.Age + 10 } is var later
        && model.ProbabilityAlive(later) <= model.ProbabilityAlive(c) + 1e-12
        && model.ProbabilityOfPurchase(10, later) <= model.ProbabilityOfPurchase(10, c) + 1e-9);

    [Fact]
    public void No_purchase_is_what_a_longer_silence_says() => Holds((model, c) =>
        Math.Abs(model.ProbabilityOfPurchase(7, c) - (1 - Math.Exp(model.LogLikelihood(c with { Age = c.Age + 7 }) - model.LogLikelihood(c)))) < 1e-6);

    [Fact]
    public void Counts_come_to_one_and_to_what_is_expected() => Holds((model, c) =>
    {
        const int Most = 250;
        var expected = model.ExpectedPurchases(10, c);
        // Where more than that many are to be expected of somebody, the sum would never end.
        if ((c.Count + 5) / (c.Age + 0.5) * 10 > 20) return true;
        double[] chances = [.. Enumerable.Range(0, Most).Select(n => model.Probability(n, 10, c))];
        return chances.All(p => p is >= -1e-12 and <= 1 + 1e-9)
            && Math.Abs(chances.Sum() - 1) < 1e-4
            && Math.Abs(chances.Index().Sum(p => p.Index * p.Item) - expected) < 1e-2 * (1 + expected)
            && Math.Abs(chances[0] - (1 - model.ProbabilityOfPurchase(10, c))) < 1e-6;
    });

    [Fact]
    public void Another_unit_of_time_changes_times_alone_and_the_likelihood_by_its_logarithm() => Holds((model, c) =>
    {
        const double Scale = 7;
        var (scaled, same) = (Scaled(model, Scale), new RepeatPurchases(c.Count, c.LastTime * Scale, c.Age * Scale));
        return Math.Abs(scaled.LogLikelihood(same) - (model.LogLikelihood(c) - c.Count * Math.Log(Scale))) < 1e-6 * (1 + Math.Abs(model.LogLikelihood(c)))
            && Math.Abs(scaled.ExpectedPurchases(10 * Scale, same) - model.ExpectedPurchases(10, c)) < 1e-7 * (1 + model.ExpectedPurchases(10, c))
            && Math.Abs(scaled.ProbabilityAlive(same) - model.ProbabilityAlive(c)) < 1e-7
            && Math.Abs(scaled.Probability(2, 10 * Scale, same) - model.Probability(2, 10, c)) < 1e-7;
    });

    static PurchaseModel Scaled(PurchaseModel model, double scale) => model switch
    {
        Nbd m => m with { Alpha = m.Alpha * scale },
        BetaGeometric m => m with { Alpha = m.Alpha * scale },
        ParetoNbd m => m with { Alpha = m.Alpha * scale, Beta = m.Beta * scale },
        _ => throw new ArgumentOutOfRangeException(nameof(model)),
    };

    [Fact]
    public void Residual_purchases_fall_with_the_discount_and_hold_all_of_the_next_years() => Holds((model, c) =>
        model is not ParetoNbd pareto
        || (pareto.ResidualPurchases(0.01, c) is { } patient && pareto.ResidualPurchases(0.1, c) is { } hasty
            && hasty <= patient && hasty >= 0 && patient >= pareto.DiscountedPurchases(50, 10, Math.Exp(0.1) - 1, c) - 1e-9));

    [Fact]
    public void Whose_wait_is_known_has_a_median_only_when_more_than_half_will_come() => Holds((model, c) =>
        model.WaitIfActive(c) is not { } wait
        || (model.MedianWait(c) is { } median
            ? Math.Abs(model.ProbabilityOfPurchase(median, c) - 0.5) < 1e-6 && wait.Quantile(0.5) <= median
            : model.ProbabilityAlive(c) <= 0.5 || wait.Quantile(0.5 / model.ProbabilityAlive(c)) is null));

    static readonly Lazy<IReadOnlyList<RepeatPurchases>> Population = new(() =>
    {
        // A shop of a deterministic pseudo-random history: MBG/NBD with a rhythm of two weeks, seen for a year.
        var (random, customers) = (new Random(5), new List<RepeatPurchases>());
        for (var i = 0; i < 1_500; i++)
        {
            var (age, rate, stop) = ((double)random.Next(30, 365), -Math.Log(random.NextDouble()) / 30, random.NextDouble() * 0.5);
            var (count, last) = (0, 0.0);
            for (var t = 0.0; random.NextDouble() > stop && (t += Math.Ceiling(-Math.Log(random.NextDouble()) / rate)) <= age;) (count, last) = (count + 1, t);
            customers.Add(new RepeatPurchases(count, last, age));
        }
        return customers;
    });

    static PurchaseFit Fit(string name, IEnumerable<RepeatPurchases> customers) => Models.Fit(name, RepeatTable.Of(customers));

    public static TheoryData<string> All() => [.. Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Time_in_another_unit_changes_times_alone(string name)
    {
        const double Scale = 7;
        var (days, weeks) = (Fit(name, Population.Value), Fit(name, Population.Value.Select(c => new RepeatPurchases(c.Count, c.LastTime / Scale, c.Age / Scale))));
        Assert.Equal(days.LogLikelihood + Population.Value.Sum(c => c.Count) * Math.Log(Scale), weeks.LogLikelihood, 1e-3);
        foreach (var (inDays, inWeeks) in days.Model.Parameters.Zip(weeks.Model.Parameters))
            Assert.Equal(1, inDays.Value / inWeeks.Value / (inDays.Name is "alpha" or "beta" ? Scale : 1), 0.01);
        var customer = new RepeatPurchases(3, 70, 84);
        Assert.Equal(days.Model.ExpectedPurchases(91, customer), weeks.Model.ExpectedPurchases(13, new(3, 10, 12)), 1e-3);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_weight_is_a_number_of_equal_customers_and_their_order_means_nothing(string name)
    {
        var customers = Population.Value;
        var twice = Models.Fit(name, RepeatTable.Of([.. customers], [.. customers.Select(_ => 2.0)]));
        var doubled = Fit(name, customers.Concat(customers.Reverse()));
        Assert.Equal(doubled.Model, twice.Model);
        Assert.Equal(2 * Fit(name, customers).LogLikelihood, twice.LogLikelihood, 1e-3);
        Assert.Equal(Fit(name, customers.Reverse()).Model, Fit(name, customers).Model);
    }

    [Fact]
    public void Gradients_are_those_of_the_likelihood()
    {
        var table = RepeatTable.Of(Population.Value);
        foreach (var (slope, point) in ((Slope, double[])[])[(new NbdSlope(table).At, [0.7, 20]), (new BetaGeometricSlope(table, false).At, [0.7, 20, 0.6, 2]), (new BetaGeometricSlope(table, true).At, [0.7, 20, 1.4, 2]), (new ParetoSlope(table).At, [0.7, 20, 0.6, 90])])
        {
            var gradient = new double[point.Length];
            slope(point, gradient);
            for (var i = 0; i < point.Length; i++)
            {
                double At(double factor) => slope([.. point.Select((p, j) => j == i ? p * factor : p)], new double[point.Length]);
                Assert.Equal((At(1 + 1e-5) - At(1 - 1e-5)) / (2e-5 * point[i]), gradient[i], 1e-6);
            }
        }
    }

    [Fact]
    public void Equal_customers_are_one_row()
    {
        var table = RepeatTable.Of([new(1, 2, 3), new(0, 0, 3), new(1, 2, 3)]);
        Assert.Equal([new(0, 0, 3), new(1, 2, 3)], table.Rows);
        Assert.Equal([1, 2], table.Weights);
        Assert.Equal((3, 2, 3), (table.Customers, table.Repeats, table.MeanAge));
    }

    /// <summary>As lifetimes' tests have them: up to 2015-02-07.</summary>
    [Theory]
    [InlineData(1, 5, 6, "2015-02-01", "2015-02-06")]
    [InlineData(0, 0, 37, "2015-01-01")]
    [InlineData(2, 4, 37, "2015-01-01", "2015-01-02", "2015-01-05")]
    [InlineData(0, 0, 6, "2015-02-01", "2015-02-01")]
    public void Orders_become_counts_and_times(int x, double last, double age, params string[] dates)
        => Assert.Equal(new RepeatPurchases(x, last, age), RepeatPurchases.Of(ValueSample.Distinct([.. dates.Select(Cdnow.Day)]), Cdnow.Day("2015-02-07")));

    /// <summary>As lifetimes' tests have it: a purchase on the day on which the holdout begins is none of it, one on its last day is.</summary>
    [Fact]
    public void A_holdout_begins_after_its_first_day_and_ends_with_its_last()
    {
        var sample = new ValueSample(Cdnow.Day("2015-02-07"), 6);
        sample.Add([new(Cdnow.Day("2015-01-16"), 1), new(Cdnow.Day("2015-02-01"), 1), new(Cdnow.Day("2015-02-07"), 1)]);
        sample.Add([new(Cdnow.Day("2015-01-20"), 1), new(Cdnow.Day("2015-02-01"), 1)]);
        var holdout = sample.Fit(0.2).Models[0].Holdout!;
        Assert.Equal((1, 2), (holdout.Purchases.TotalActual, holdout.Groups.Sum(g => g.Customers)));
    }

    [Fact]
    public void Days_become_counts_and_times()
    {
        Assert.Equal(new RepeatPurchases(2, 10, 15), RepeatPurchases.Of([100, 103, 110], 115));
        Assert.Equal(new RepeatPurchases(0, 0, 0), RepeatPurchases.Of([100], 100));
    }
}
