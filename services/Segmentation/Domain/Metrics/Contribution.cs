namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>What one customer adds to a tally from an instant on.</summary>
/// <param name="Day">The day of change: the date of <paramref name="Time"/>, or a later one before whose end nobody asks for the tally.</param>
/// <param name="Time">The event that it rests on.</param>
internal readonly record struct Contribution(TallyKey Key, int Day, DateTimeOffset Time, Measures Amount);

/// <summary>
/// What a customer's orders add to the shop's tallies, each change at the instant of the event that made it: a pure function of the set of facts. Summed over all
/// customers and up to a day, tallies are what a count over all orders that count at the end of that day gives.
/// <para>
/// As of an instant within a day: the sum of all days before it, and for customers with an event on that day alone, <see cref="Within"/>.
/// </para>
/// </summary>
internal static class Contributions
{
    /// <summary>In order of time; what an event takes back and gives again stands twice.</summary>
    /// <param name="facts">Of an identified customer, in any order, a message perhaps more than once.</param>
    /// <param name="end"><see cref="PurchaseHistory.End"/>: from here on nothing of the customer counts.</param>
    public static IReadOnlyList<Contribution> Of(IEnumerable<Fact> facts, string shopCurrency, DateTimeOffset end, TallyPlan plan)
    {
        var ledger = new TallyLedger(shopCurrency, plan);
        foreach (var fact in facts.Order(Comparer<Fact>.Create(PurchaseHistory.Compare)).DistinctBy(f => f.MessageId).TakeWhile(f => f.Time < end)) ledger.Add(fact);
        return end == Calendar.Forever ? ledger.Contributions : [.. ledger.Contributions, .. Leaving(ledger.Contributions, end, plan)];
    }

    /// <summary>Takes back all of it.</summary>
    static IEnumerable<Contribution> Leaving(IReadOnlyList<Contribution> contributions, DateTimeOffset end, TallyPlan plan)
    {
        var today = Calendar.DateOf(end, plan.Zone).DayNumber;
        return contributions.Select(c => c with { Day = Math.Max(c.Day, today), Time = end, Amount = -c.Amount });
    }

    /// <summary>What a store adds up: by tally and day of change, none of them zero.</summary>
    public static Dictionary<(TallyKey Key, int Day), Measures> ByDay(IEnumerable<Contribution> contributions) => Sum(contributions, c => (c.Key, c.Day));

    /// <summary>What changes in the tallies when a customer's contributions do; none of them zero.</summary>
    public static Dictionary<(TallyKey Key, int Day), Measures> Difference(IEnumerable<Contribution> before, IEnumerable<Contribution> after)
        => ByDay(before.Select(c => c with { Amount = -c.Amount }).Concat(after));

    /// <summary>What a day adds up to and with an instant of it; none of them zero.</summary>
    public static Dictionary<TallyKey, Measures> Within(IEnumerable<Contribution> contributions, int day, DateTimeOffset instant)
        => Sum(contributions.Where(c => c.Day == day && c.Time <= instant), c => c.Key);

    static Dictionary<TKey, Measures> Sum<TKey>(IEnumerable<Contribution> contributions, Func<Contribution, TKey> by) where TKey : notnull
    {
        var sums = new Dictionary<TKey, Measures>();
        foreach (var contribution in contributions)
        {
            var key = by(contribution);
            var sum = sums.GetValueOrDefault(key) + contribution.Amount;
            if (sum.IsZero) sums.Remove(key);
            else sums[key] = sum;
        }
        return sums;
    }
}
