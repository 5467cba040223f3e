namespace Perennial.Load.Log;

/// <summary>
/// Orders and nothing else: every customer has a geometric number of them, spread over the time in which they are one. What would lie
/// after the end lies at the beginning instead, so that the days of all the years are alike. Some customers have exactly one order, on a
/// day of a sale (<see cref="LogSpec.Due"/>).
/// </summary>
static class OrderHistory
{
    const double LifetimeYears = 1.5;

    public static List<LogEvent> Generate(LogSpec spec)
    {
        var random = new Random(spec.Seed);
        var events = new List<LogEvent>(spec.Events + spec.Events / 50);
        for (var customer = 0; customer < spec.SaleCustomers; customer++) events.Add(OnSale(customer, customer / spec.Due, random));
        // Of a geometric number that is 1 or more, the mean is 1 / p.
        var stop = Math.Min(1, (double)(spec.Customers - spec.SaleCustomers) / Math.Max(1, spec.Events - spec.SaleCustomers));
        for (var customer = spec.SaleCustomers; customer < spec.Customers; customer++) AddLife(events, customer, Geometric(random, stop), spec, random);
        return events;
    }

    static LogEvent OnSale(int customer, int day, Random random)
        => new(LogEvent.SecondOf(LogSpec.SaleDate(day).AddHours(8)) + random.Next(12 * 3_600), customer, EventKind.Ordered);

    static void AddLife(List<LogEvent> events, int customer, int orders, LogSpec spec, Random random)
    {
        var (start, span) = (LogEvent.SecondOf(spec.Start), LogEvent.SecondOf(LogSpec.End) - LogEvent.SecondOf(spec.Start));
        var (first, life) = (random.NextInt64(span), 1 + (long)(-Math.Log(1 - random.NextDouble()) * LifetimeYears * 365 * 86_400));
        events.Add(new LogEvent(start + first, customer, EventKind.Ordered));
        for (var i = 1; i < orders; i++) events.Add(new LogEvent(start + (first + random.NextInt64(life)) % span, customer, EventKind.Ordered));
    }

    static int Geometric(Random random, double stop) => stop >= 1 ? 1 : 1 + (int)(Math.Log(1 - random.NextDouble()) / Math.Log(1 - stop));
}
