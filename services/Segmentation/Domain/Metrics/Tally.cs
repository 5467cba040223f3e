namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>What a tally counts, and what its two numbers A and B say. The numbers are stored.</summary>
internal enum TallyKind
{
    /// <summary>B: a day. Customers who ordered first on it, orders, what they and refunds of no known order add to revenue, and of the orders that are not somebody's first the days since the one before.</summary>
    Day = 1,

    /// <summary>A: month of a customer's first order; B: a month. Customers with an order in it, orders, revenue.</summary>
    Cohort = 2,

    /// <summary>A: a number of orders; B: a month. Customers with at least so many orders in it.</summary>
    Month = 3,

    /// <summary>A: n days; B: a day. Customers who ordered on it, and on none of the n - 1 before.</summary>
    Entered = 4,

    /// <summary>A: n days; B: a day. Customers who ordered on the first of n days that end with it, and on none since.</summary>
    Left = 5,

    /// <summary>As <see cref="Entered"/>, of customers with two orders in n days.</summary>
    EnteredTwice = 6,

    /// <summary>As <see cref="Left"/>, of customers with two orders in n days.</summary>
    LeftTwice = 7,

    /// <summary>A: n, from 1; B: a class of <see cref="OrderLags"/>. Customers with an order n + 1, and the days since their order n.</summary>
    Lag = 8,
}

/// <summary>Days are <see cref="DateOnly.DayNumber"/>, months <see cref="Month.Index"/>.</summary>
internal readonly record struct TallyKey(TallyKind Kind, int A, int B);

/// <summary>What is summed; a kind leaves at 0 what it does not count.</summary>
/// <param name="Revenue">In the shop's currency.</param>
internal readonly record struct Measures(long Customers, long Orders = 0, decimal Revenue = 0, long Days = 0)
{
    public bool IsZero => this == default;

    public static Measures operator +(Measures a, Measures b) => new(a.Customers + b.Customers, a.Orders + b.Orders, a.Revenue + b.Revenue, a.Days + b.Days);
    public static Measures operator -(Measures a, Measures b) => a + -b;
    public static Measures operator -(Measures a) => new(-a.Customers, -a.Orders, -a.Revenue, -a.Days);
    public static Measures operator *(int sign, Measures a) => new(sign * a.Customers, sign * a.Orders, sign * a.Revenue, sign * a.Days);
}

/// <summary>A tally's rows whose numbers lie within inclusive bounds.</summary>
internal readonly record struct TallyRange(TallyKind Kind, int FromA, int ToA, int FromB, int ToB)
{
    /// <summary>Holds nothing.</summary>
    public static readonly TallyRange Empty = new(TallyKind.Day, 0, -1, 0, -1);

    public TallyRange(TallyKind kind, int a, int fromB, int toB) : this(kind, a, a, fromB, toB)
    {
    }

    public bool Contains(TallyKey key) => key.Kind == Kind && FromA <= key.A && key.A <= ToA && FromB <= key.B && key.B <= ToB;
}

/// <summary>Which windows a shop's tallies answer for. Another plan takes other tallies.</summary>
/// <param name="Zone">Counts the shop's days.</param>
/// <param name="Lengths">In days, of windows of which customers are counted, and of silences after which one is lost. Each at least 1.</param>
internal sealed record TallyPlan(TimeZoneInfo Zone, IReadOnlyList<int> Lengths)
{
    /// <summary>What every shop has.</summary>
    public static readonly IReadOnlyList<int> UsualLengths = [30, 90, 180, 365];

    public static TallyPlan Usual(TimeZoneInfo zone) => new(zone, UsualLengths);
}
