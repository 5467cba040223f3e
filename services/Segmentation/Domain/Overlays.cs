using System.Globalization;

namespace Perennial.Segmentation.Domain;

/// <summary>What lies over every lifecycle model; in quotation marks what Prisync's model of the lifecycle says.</summary>
internal enum OverlayKind
{
    /// <summary>"Total spend far above the average."</summary>
    Vip = 1,
    /// <summary>"Active one-time": exactly one order, lapsed or not.</summary>
    OneTime = 2,
    /// <summary>"Active repeat": two orders or more, lapsed or not.</summary>
    Repeat = 3,
    /// <summary>Lately "interactions: e-mail opens, clicks, shares, favourites", or in the shop.</summary>
    Warm = 4,
    /// <summary>Everybody who is not warm.</summary>
    Cold = 5,
    /// <summary>The first order lies not long ago.</summary>
    NewCustomer = 6,
    /// <summary>Had lapsed before the last order, and has not lapsed again.</summary>
    Returning = 7,
}

/// <param name="Holds">Null where the shop lacks the figure that it needs.</param>
/// <param name="Why">The customer's value and the threshold, or what is lacking.</param>
/// <param name="Until">The first date on which the clock alone changes it; null where it does not.</param>
internal sealed record Overlay(OverlayKind Kind, bool? Holds, string Why, DateOnly? Until)
{
    public string Name => Overlays.Name(Kind);
}

/// <summary>Overlays of a customer on a date, on or after the one that the facts are of, with nothing in between.</summary>
internal static class Overlays
{
    public static IReadOnlyList<OverlayKind> Kinds { get; } = Enum.GetValues<OverlayKind>();

    public static string Name(OverlayKind kind) => kind switch
    {
        OverlayKind.Vip => "vip",
        OverlayKind.OneTime => "one_time",
        OverlayKind.Repeat => "repeat",
        OverlayKind.Warm => "warm",
        OverlayKind.Cold => "cold",
        OverlayKind.NewCustomer => "new_customer",
        OverlayKind.Returning => "returning",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such overlay."),
    };

    /// <summary>One of each kind.</summary>
    public static IReadOnlyList<Overlay> Of(OverlayFacts facts, OverlayMeasures measures, DateOnly today)
        => [.. Kinds.Select(kind => new Overlay(kind, Holds(kind, facts, measures, today), Why(kind, facts, measures, today), Until(kind, facts, measures, today)))];

    /// <summary>Null where the shop lacks the figure that it needs.</summary>
    public static bool? Holds(OverlayKind kind, OverlayFacts facts, OverlayMeasures measures, DateOnly today) => kind switch
    {
        OverlayKind.Vip => facts.OrderCount == 0 ? false : measures.VipSpend is { } least ? facts.Spend >= least : null,
        OverlayKind.OneTime => facts.OrderCount == 1,
        OverlayKind.Repeat => facts.OrderCount > 1,
        OverlayKind.Warm => Days(facts.LastInteraction, today) <= measures.WarmDays,
        OverlayKind.Cold => !(Days(facts.LastInteraction, today) <= measures.WarmDays),
        OverlayKind.NewCustomer => Days(facts.FirstOrder, today) <= measures.NewCustomerDays,
        OverlayKind.Returning => facts.OrderBefore is null ? false : measures.LapseDays is { } lapse ? Gap(facts) > lapse && Days(facts.LastOrder, today) <= lapse : null,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such overlay."),
    };

    /// <summary>The first date on which the clock alone changes it.</summary>
    public static DateOnly? Until(OverlayKind kind, OverlayFacts facts, OverlayMeasures measures, DateOnly today) => kind switch
    {
        OverlayKind.Warm or OverlayKind.Cold => Later(facts.LastInteraction, measures.WarmDays, today),
        OverlayKind.NewCustomer => Later(facts.FirstOrder, measures.NewCustomerDays, today),
        OverlayKind.Returning when Holds(kind, facts, measures, today) == true => Later(facts.LastOrder, measures.LapseDays!.Value, today),
        _ => null,
    };

    /// <summary>The customer's value and the threshold, for example "spend 612.5, at least 500: 5 times the mean spend of 100".</summary>
    public static string Why(OverlayKind kind, OverlayFacts facts, OverlayMeasures measures, DateOnly today) => kind switch
    {
        OverlayKind.Warm or OverlayKind.Cold => Ago("interaction", "last", facts.LastInteraction, measures.WarmDays, today),
        _ when facts.OrderCount == 0 => "no order",
        OverlayKind.Vip when measures.VipSpend is { } least => Text($"spend {facts.Spend:0.####}, {(facts.Spend >= least ? "at least" : "below")} {least:0.####}: {measures.VipBasis}"),
        OverlayKind.Vip => Text($"spend {facts.Spend:0.####}, and {measures.VipBasis}"),
        OverlayKind.OneTime => facts.OrderCount == 1 ? "exactly 1 order" : Text($"{facts.OrderCount} orders, more than 1"),
        OverlayKind.Repeat => facts.OrderCount == 1 ? "1 order, fewer than 2" : Text($"{facts.OrderCount} orders, 2 or more"),
        OverlayKind.NewCustomer => Ago("order", "first", facts.FirstOrder, measures.NewCustomerDays, today),
        OverlayKind.Returning when facts.OrderBefore is null => "1 order, fewer than 2",
        OverlayKind.Returning => WhyReturning(facts, measures, today),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such overlay."),
    };

    static string WhyReturning(OverlayFacts facts, OverlayMeasures measures, DateOnly today)
    {
        var (gap, since) = (Gap(facts), Days(facts.LastOrder, today));
        return measures.LapseDays switch
        {
            null => Text($"{Count(gap)} between the last two orders, and the shop's lapse threshold is not known: set lapse_days with SetPopulation"),
            { } lapse when gap <= lapse => Text($"{Count(gap)} between the last two orders, at most the lapse threshold of {lapse}"),
            { } lapse when since <= lapse => Text($"{Count(gap)} between the last two orders, more than the lapse threshold of {lapse}; the last {Count(since)} ago, at most as much"),
            { } lapse => Text($"{Count(gap)} between the last two orders, more than the lapse threshold of {lapse}; the last {Count(since)} ago, more again"),
        };
    }

    static string Ago(string what, string which, DateOnly? date, int daysMax, DateOnly today) => Days(date, today) is { } days
        ? Text($"{which} {what} {Count(days)} ago, {(days <= daysMax ? "at most" : "more than")} {daysMax}")
        : "no " + what;

    static string Count(int? days) => days == 1 ? "1 day" : Text($"{days} days");

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static int? Gap(OverlayFacts facts) => facts.LastOrder?.DayNumber - facts.OrderBefore?.DayNumber;

    static int? Days(DateOnly? from, DateOnly to) => to.DayNumber - from?.DayNumber;

    /// <summary>The date on which so many days are over, when it is still to come.</summary>
    static DateOnly? Later(DateOnly? from, int days, DateOnly today)
        => from?.DayNumber + days + 1 is { } day && day > today.DayNumber && day < LastDay ? DateOnly.FromDayNumber(day) : null;

    // As in Standing: the last days before Calendar.Forever are not worth the care that a zone's offset would need.
    static readonly int LastDay = new DateOnly(9999, 12, 25).DayNumber;
}
