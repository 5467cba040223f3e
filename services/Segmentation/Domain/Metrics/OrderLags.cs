namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>How long it takes customers from their order n to the next, of those who made it.</summary>
/// <param name="N">From 1.</param>
/// <param name="Customers">With an order n: who could have come back.</param>
/// <param name="Returned">Of them with an order n + 1: those that the days rest on.</param>
/// <param name="Days">Of all who returned.</param>
/// <param name="Classes">Of <see cref="OrderLags.Classes"/>, each.</param>
internal sealed record OrderLag(int N, long Customers, long Returned, long Days, IReadOnlyList<long> Classes)
{
    /// <summary>Null where nobody returned.</summary>
    public decimal? MeanDays => Ratio.Quotient(Days, Returned);

    public decimal? ReturnRate => Ratio.Quotient(Returned, Customers);
}

/// <summary>Time from order n to order n + 1, for the first n.</summary>
internal static class OrderLags
{
    /// <summary>n at most.</summary>
    public const int Max = 10;

    /// <summary>The most days of each class; the last has none. Orders of one day are 0 days apart.</summary>
    public static IReadOnlyList<int> Classes { get; } = [0, 7, 14, 30, 60, 90, 180, 365, 730, int.MaxValue];

    public static int ClassOf(int days)
    {
        var place = 0;
        while (days > Classes[place]) place++;
        return place;
    }

    /// <summary>What <see cref="Of"/> needs, customers with a first order first.</summary>
    public static TallyRange Firsts { get; } = new(TallyKind.Day, 0, int.MinValue, int.MaxValue);

    /// <inheritdoc cref="Firsts"/>
    public static TallyRange Lags { get; } = new(TallyKind.Lag, 1, Max, 0, Classes.Count - 1);

    /// <param name="customers">Those with an order.</param>
    /// <param name="lags">The tallies of <see cref="Lags"/>.</param>
    public static IReadOnlyList<OrderLag> Of(long customers, IReadOnlyDictionary<TallyKey, Measures> lags)
    {
        var answer = new List<OrderLag>();
        for (var n = 1; n <= Max && customers > 0; n++)
        {
            var classes = Enumerable.Range(0, Classes.Count).Select(c => lags.TryGetValue(new TallyKey(TallyKind.Lag, n, c), out var sum) ? sum : default).ToList();
            var lag = new OrderLag(n, customers, classes.Sum(c => c.Customers), classes.Sum(c => c.Days), [.. classes.Select(c => c.Customers)]);
            answer.Add(lag);
            customers = lag.Returned;
        }
        return answer;
    }
}
