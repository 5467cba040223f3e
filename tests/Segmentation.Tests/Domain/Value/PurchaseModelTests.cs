using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>
/// Values that others published for given parameters: Hardie's spreadsheets, the walkthroughs of BTYD and CLVTools, the tests of lifetimes. They stand here, so that a fresh
/// clone proves them without any data.
/// </summary>
public sealed class PurchaseModelTests
{
    // Fits of the CDNOW sample, in weeks.
    static readonly BetaGeometric Bg = new(0.2425945, 4.4136019, 0.7929199, 2.4258881, StopsAtFirst: false);
    static readonly BetaGeometric BgRounded = new(0.243, 4.414, 0.793, 2.426, StopsAtFirst: false);
    static readonly BetaGeometric Mbg = new(0.524838, 6.182992, 0.891356, 1.613999, StopsAtFirst: true);
    static readonly ParetoNbd Pareto = new(0.553275, 10.5776, 0.606214, 11.6679);

    static RepeatPurchases Customer(int x, double last, double age) => new(x, last, age);

    static readonly RepeatPurchases Best = Customer(26, 30.857, 31);

    [Fact]
    public void Likelihood_of_a_toy()
    {
        var (one, two) = (Customer(1, 2, 5), Customer(3, 2, 6));
        Assert.Equal(-2.66722821, new BetaGeometric(1, 1, 1, 1, false).LogLikelihood(one), 1e-7);
        Assert.Equal(-4.99118873, new BetaGeometric(1, 1, 1, 1, false).LogLikelihood(two), 1e-7);
        Assert.Equal(-3.58351894, new BetaGeometric(1, 1, 1, 1, true).LogLikelihood(one), 1e-7);
        Assert.Equal(-5.47183885, new BetaGeometric(1, 1, 1, 1, true).LogLikelihood(two), 1e-7);
        Assert.Equal(-4.17130555, new ParetoNbd(1, 1, 1, 1).LogLikelihood(one), 1e-7);
        Assert.Equal(-5.25451732, new ParetoNbd(1, 1, 1, 1).LogLikelihood(two), 1e-7);
    }

    [Fact]
    public void Expected_purchases_of_the_published_customer()
    {
        Assert.Equal(1.226, BgRounded.ExpectedPurchases(39, Customer(2, 30.43, 38.86)), 0.001);
        Assert.Equal(1.226, Mbg.ExpectedPurchases(39, Customer(2, 30.43, 38.86)), 0.05);
    }

    [Fact]
    public void The_best_customer_over_a_year_and_over_the_holdout()
    {
        Assert.Equal(25.455, Pareto.ExpectedPurchases(52, Best), 0.01);
        Assert.Equal(0.99787, Pareto.ProbabilityAlive(Best), 0.001);
        Assert.Equal(25.7565, Bg.ExpectedPurchases(52, Best), 0.01);
        Assert.Equal(0.96885, Bg.ProbabilityAlive(Best), 0.001);
        Assert.Equal(20.1146, Pareto.ExpectedPurchases(39, Best), 0.01);
        Assert.Equal(20.7484, Bg.ExpectedPurchases(39, Best), 0.01);
        Assert.Equal(0.96892, Bg.ProbabilityOfPurchase(39, Best), 0.001);
    }

    [Fact]
    public void Purchases_of_a_new_customer()
    {
        Assert.Equal(1.47338, Pareto.ExpectedPurchases(52), 1e-3);
        Assert.Equal(1.444, Bg.ExpectedPurchases(52), 1e-3);
        foreach (var (t, expected) in ((double, double)[])[(0.1429, 0.0078), (1, 0.0532), (3, 0.1506), (31.8571, 1.0405), (32, 1.0437), (78, 1.8576)])
        {
            Assert.Equal(expected, Bg.ExpectedPurchases(t), 5e-4);
            Assert.Equal(expected, Mbg.ExpectedPurchases(t), 0.05 * expected);
        }
        double[] weekly = [0, 0.0508, 0.0992, 0.1454, 0.1898, 0.2325, 0.2736, 0.3134, 0.3518, 0.3891];
        Assert.All(weekly.Index(), w => Assert.Equal(w.Item, Pareto.ExpectedPurchases(w.Index), 0.01));
    }

    [Fact]
    public void More_purchases_and_then_silence_say_that_somebody_left()
    {
        int[] counts = [10, 15, 20, 25];
        double[] pareto = [0.70599, 0.14419, 0.022498, 0.0030915], bg = [0.34746, 0.042834, 0.0041590, 0.00035837];
        for (var i = 0; i < counts.Length; i++)
        {
            Assert.Equal(pareto[i], Pareto.ExpectedPurchases(52, Customer(counts[i], 20, 39)), 1e-3);
            Assert.Equal(bg[i], Bg.ExpectedPurchases(52, Customer(counts[i], 20, 39)), 1e-3);
        }
    }

    [Fact]
    public void Probabilities_of_counts()
    {
        Assert.Equal(0.5737864, BgRounded.Probability(0, 39), 1e-5);
        Assert.Equal(1.07869e-07, BgRounded.Probability(10, 2), 1e-12);
        double[] tail = [0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638, 0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260];
        Assert.All(tail.Index(), p => Assert.Equal(p.Item, BgRounded.Probability(11 + p.Index, 30), 1e-9));
        Assert.Equal(1, Enumerable.Range(0, 400).Sum(n => BgRounded.Probability(n, 39)), 1e-6);
        Assert.Equal(1, Enumerable.Range(0, 400).Sum(n => Mbg.Probability(n, 39)), 1e-6);
    }

    [Fact]
    public void BG_says_nothing_of_one_time_buyers_and_MBG_does()
    {
        Assert.Equal(1, Bg.ProbabilityAlive(Customer(0, 0, 38)));
        Assert.True(Mbg.ProbabilityAlive(Customer(0, 1, 1)) < 1);
    }

    [Fact]
    public void Extremes_stay_finite()
    {
        Assert.Equal(0, Bg.ProbabilityAlive(Customer(1_000, 10, 100)), 1e-300);
        var steep = new ParetoNbd(10.465, 0.00798565181, 3.0516, 2.820);
        foreach (var (customer, expected) in ((RepeatPurchases, double)[])[(Customer(40, 5, 6), 1.885e-3), (Customer(50, 1, 37), 1.417e-96), (Customer(50, 4, 37), 6.733e-60)])
            Assert.Equal(1, steep.ProbabilityAlive(customer) / expected, 1e-3);
        var rounded = new ParetoNbd(0.55, 10.58, 0.61, 11.67);
        Assert.Equal(6.20605179, rounded.ExpectedPurchases(10, Customer(132, 200, 200)), 1e-6);
        Assert.Equal(6.25287225, rounded.ExpectedPurchases(10, Customer(133, 200, 200)), 1e-6);
    }

    [Fact]
    public void Parameters_of_one_are_a_limit_like_any_other()
    {
        var customer = Customer(3, 10, 12);
        double Bg(double a) => new BetaGeometric(0.5, 4, a, 2, true).ExpectedPurchases(20, customer);
        double Pareto(double s) => new ParetoNbd(0.5, 4, s, 6).ExpectedPurchases(20, customer);
        Assert.Equal((Bg(0.999) + Bg(1.001)) / 2, Bg(1), 1e-5);
        Assert.Equal((Pareto(0.999) + Pareto(1.001)) / 2, Pareto(1), 1e-5);
        Assert.Equal((new BetaGeometric(0.5, 4, 0.499, 0.5, false).ExpectedPurchases(20) + new BetaGeometric(0.5, 4, 0.501, 0.5, false).ExpectedPurchases(20)) / 2, new BetaGeometric(0.5, 4, 0.5, 0.5, false).ExpectedPurchases(20), 1e-5);
    }

    /// <summary>x, t_x, T; then for BG/NBD and MBG/NBD: P(alive), E(39), P(order in 4, 13, 39 weeks), median wait; for Pareto/NBD all but the wait.</summary>
    public static TheoryData<double[], double[], double[], double[]> Published() => new()
    {
        { [0, 0, 38.86], [1, 0.1948, 0.0212, 0.0617, 0.1443, 710.2689], [0.3897, 0.154, 0.017, 0.0486, 0.1088, double.PositiveInfinity], [0.2951, 0.1071, 0.0122, 0.0334, 0.0693] },
        { [1, 1.71, 38.86], [0.2122, 0.2032, 0.0221, 0.0591, 0.1167, double.PositiveInfinity], [0.1708, 0.1888, 0.0208, 0.0548, 0.1048, double.PositiveInfinity], [0.1679, 0.171, 0.0187, 0.0479, 0.0866] },
        { [2, 30.43, 38.86], [0.7266, 1.2259, 0.1307, 0.3235, 0.5546, 29.4817], [0.7061, 1.2627, 0.1365, 0.3339, 0.5599, 28.3108], [0.8691, 1.4551, 0.1531, 0.3669, 0.5919] },
        { [7, 29.43, 38.86], [0.6418, 3.3372, 0.3035, 0.546, 0.6357, 10.0304], [0.6226, 3.1668, 0.2944, 0.5303, 0.6169, 10.8552], [0.7494, 3.7118, 0.3262, 0.5911, 0.6887] },
        { [26, 30.86, 31.0], [0.9689, 20.7506, 0.9105, 0.9687, 0.9689, 0.993], [0.9656, 19.448, 0.9013, 0.9652, 0.9656, 1.0368], [0.9979, 20.1159, 0.8955, 0.9756, 0.9762] },
        { [10, 20, 39], [0.0381, 0.2767, 0.0227, 0.0355, 0.0381, double.PositiveInfinity], [0.0401, 0.2816, 0.0237, 0.0373, 0.04, double.PositiveInfinity], [0.0804, 0.555, 0.0441, 0.0704, 0.076] },
        { [3, 38, 38.86], [0.8395, 2.0157, 0.2092, 0.4813, 0.735, 13.9376], [0.8287, 2.0368, 0.2147, 0.4896, 0.7367, 13.5128], [0.9893, 2.3051, 0.2338, 0.5257, 0.7715] },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Next_order(double[] customer, double[] bg, double[] mbg, double[] pareto)
    {
        var known = Customer((int)customer[0], customer[1], customer[2]);
        foreach (var (model, expected) in ((PurchaseModel, double[])[])[(Bg, bg), (Mbg, mbg), (Pareto, pareto)])
        {
            Assert.Equal(expected[0], model.ProbabilityAlive(known), 2e-4);
            Assert.Equal(1, model.ExpectedPurchases(39, known) / expected[1], 1e-3);
            Assert.Equal(expected[2], model.ProbabilityOfPurchase(4, known), 2e-4);
            Assert.Equal(expected[3], model.ProbabilityOfPurchase(13, known), 2e-4);
            Assert.Equal(expected[4], model.ProbabilityOfPurchase(39, known), 2e-4);
            if (expected.Length == 5) continue;
            if (double.IsPositiveInfinity(expected[5])) Assert.Null(model.MedianWait(known));
            else Assert.Equal(1, model.MedianWait(known)!.Value / expected[5], 2e-3);
        }
    }

    /// <summary>Given that they have not stopped: medians and means of the same customers after BG/NBD, then after MBG/NBD.</summary>
    [Theory]
    [InlineData(0, 0, 38.86, 710.2689, double.PositiveInfinity, 123.688, double.PositiveInfinity)]
    [InlineData(1, 1.71, 38.86, 32.3195, 178.3792, 25.9221, 85.8227)]
    [InlineData(2, 30.43, 38.86, 15.6726, 34.8252, 14.2297, 29.5395)]
    [InlineData(7, 29.43, 38.86, 4.3461, 6.932, 4.3462, 6.9033)]
    [InlineData(26, 30.86, 31, 0.9478, 1.4029, 0.9845, 1.4567)]
    [InlineData(10, 20, 39, 3.0396, 4.6971, 3.0758, 4.7437)]
    [InlineData(3, 38, 38.86, 10.3134, 19.2962, 9.7885, 17.84)]
    public void The_wait_of_somebody_active(int x, double last, double age, double bgMedian, double bgMean, double mbgMedian, double mbgMean)
    {
        foreach (var (model, median, mean) in ((PurchaseModel, double, double)[])[(Bg, bgMedian, bgMean), (Mbg, mbgMedian, mbgMean)])
        {
            var wait = model.WaitIfActive(Customer(x, last, age))!.Value;
            Assert.Equal(1, wait.Quantile(0.5)!.Value / median, 1e-3);
            if (double.IsPositiveInfinity(mean)) Assert.Null(wait.Mean);
            else Assert.Equal(1, wait.Mean!.Value / mean, 1e-3);
        }
        Assert.Null(Pareto.WaitIfActive(Customer(x, last, age)));
    }

    /// <summary>E[X(t)] and counts of who is new are those of a customer without any history.</summary>
    [Fact]
    public void Counts_of_Pareto_are_those_of_its_parts()
    {
        // With s at the edge nobody stops, and Pareto/NBD is NBD.
        var (nbd, nearly) = (new Nbd(0.7, 10), new ParetoNbd(0.7, 10, 1e-9, 10));
        Assert.All(Enumerable.Range(0, 30), n => Assert.Equal(nbd.Probability(n, 39, Customer(2, 10, 20)), nearly.Probability(n, 39, Customer(2, 10, 20)), 1e-9));
        Assert.Equal(1, Enumerable.Range(0, 20).Sum(n => Pareto.Probability(n, 10, Customer(4, 20, 30))), 0.005);
    }

    [Fact]
    public void Residual_purchases_of_Pareto()
    {
        // At 15 % a year, the customers of the sample as lifetimes ships them; published to these digits, after CLVTools.
        var (weekly, known) = (Math.Log(1.15) / 52, Cdnow.Summary());
        double[] first = [6.5002, 0.76379, 0.47825, 0.47825, 0.47825];
        Assert.All(first.Index(), e => Assert.Equal(1, Pareto.ResidualPurchases(weekly, known[e.Index].Known)!.Value / e.Item, 1e-3));
        Assert.Equal(1, Pareto.ResidualPurchases(weekly, known[1515].Known)!.Value / 86.2604, 1e-3);
        Assert.Equal(1, known.Sum(c => Pareto.ResidualPurchases(weekly, c.Known)!.Value) / 7_205.81, 1e-3);
        var spend = SpendFit.Of(known.Select(c => c.Spend))!.Model;
        Assert.Equal(1, known.Sum(c => Pareto.ResidualPurchases(weekly, c.Known)!.Value * spend.Expected(c.Spend)!.Value) / 261_545.87, 1e-3);
        // At CLVTools' default, 10 % a week: own figure of the reference, in sum.
        Assert.Equal(1, known.Sum(c => Pareto.ResidualPurchases(Math.Log(1.1), c.Known)!.Value) / 490.888, 1e-3);
    }

    [Fact]
    public void Residual_purchases_without_a_discount_are_infinite_where_some_never_stop()
    {
        Assert.Null(Pareto.ResidualPurchases(0, Customer(2, 30, 38)));
        var stops = new ParetoNbd(0.6, 10, 2.5, 20);
        Assert.Equal(stops.ExpectedPurchases(1e9, Customer(2, 30, 38)), stops.ResidualPurchases(0, Customer(2, 30, 38))!.Value, 1e-6);
        Assert.Equal(stops.ResidualPurchases(0, Customer(2, 30, 38))!.Value, stops.ResidualPurchases(1e-12, Customer(2, 30, 38))!.Value, 1e-6);
    }

    /// <summary>e^z E_s(z), from tables of the exponential integral (Abramowitz and Stegun 5.1) and, for s = 2, by its recurrence.</summary>
    [Theory]
    [InlineData(1, 1, 0.596347362323194)]
    [InlineData(1, 0.01, 4.0785114434558)]
    [InlineData(1, 10, 0.0915633339397881)]
    [InlineData(2, 1, 0.403652637676806)]
    [InlineData(3, 1, 0.298173681161597)]
    [InlineData(1, 200, 0.004975246323179)]
    public void Tricomis_function(double s, double z, double expected) => Assert.Equal(1, Special.TricomiOfOne(s, z) / expected, 1e-8);

    [Fact]
    public void The_median_wait_of_Pareto_is_where_its_probability_is_one_half()
    {
        foreach (var known in (RepeatPurchases[])[Customer(2, 30.43, 38.86), Customer(26, 30.86, 31)])
            Assert.Equal(0.5, Pareto.ProbabilityOfPurchase(Pareto.MedianWait(known)!.Value, known), 1e-6);
        Assert.Null(Pareto.MedianWait(Customer(0, 0, 38.86)));
    }

    [Fact]
    public void The_silence_until_lapsed_is_the_first_below_the_level()
    {
        var known = Customer(3, 200, 200);
        var days = new BetaGeometric(0.52, 43, 0.89, 1.6, true) is var model ? model.SilenceUntilLapsed(known, 90, 0.2, 2_000)!.Value : 0;
        Assert.True(days > 0);
        Assert.True(model.ProbabilityOfPurchase(90, known with { Age = 200 + days }) < 0.2);
        Assert.True(model.ProbabilityOfPurchase(90, known with { Age = 200 + days - 1 }) >= 0.2);
        Assert.Null(model.SilenceUntilLapsed(known, 90, 0, 2_000));
        Assert.Equal(0, model.SilenceUntilLapsed(known, 90, 1.1, 2_000));
    }

    [Fact]
    public void Gamma_gamma_of_the_first_ten_customers()
    {
        var model = new GammaGamma(6.25, 3.74, 15.44);
        MeanSpend[] customers = [new(2, 22.35), new(1, 11.77), new(0, 0), new(0, 0), new(0, 0), new(7, 73.74), new(1, 11.77), new(0, 0), new(2, 25.55), new(0, 0)];
        double[] expected = [24.6637, 18.9169, 35.219, 35.219, 35.219, 71.4697, 18.9169, 35.219, 27.2884, 35.219];
        Assert.All(customers.Zip(expected), c => Assert.Equal(c.Second, model.Expected(c.First)!.Value, 0.01));
        Assert.Equal(35.219, model.PopulationMean!.Value, 0.001);
        Assert.Null(new GammaGamma(0.5, 0.9, 3).PopulationMean);
        Assert.Null(new GammaGamma(0.05, 0.9, 3).Expected(new MeanSpend(1, 10)));
    }
}
