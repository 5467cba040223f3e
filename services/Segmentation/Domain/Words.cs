using System.Globalization;

namespace Perennial.Segmentation.Domain;

/// <summary>Conditions as people read them.</summary>
internal static class Words
{
    public static string Of(Rule rule) => string.Join(", ", rule.Conditions.Select(Of));

    /// <summary>A customer by their values, for example "4 orders, the last 91 days ago".</summary>
    public static string Of(IEnumerable<(Axis Axis, long? Value)> customer)
        => string.Join(", ", customer.Select(v => v.Value is { } steps ? Text(v.Axis, new Bounds(steps, steps), Range(v.Axis.Traits, new Bounds(steps, steps))) : Without(v.Axis.Feature)));

    static string Of(Condition condition)
    {
        if (condition.IsOfAbsenceAlone) return Without(condition.Axis.Feature);
        if (condition is { Lower: null, Upper: null }) return With(condition.Axis.Feature);
        var open = condition is { Lower.IsOpen: true } or { Upper.IsOpen: true };
        var text = Text(condition.Axis, condition.Bounds, open && !condition.Axis.Traits.IsWhole ? Open(condition) : Range(condition.Axis.Traits, condition.Bounds));
        return condition.Absent ? $"{text} or {Without(condition.Axis.Feature)}" : text;
    }

    /// <summary>Of fractions, whose last one below a limit is no number that anybody thinks of.</summary>
    static string Open(Condition condition) => string.Join(" and ", ((string?[])[
        condition.Lower is { } lower ? $"{(lower.IsOpen ? "above" : "at least")} {Number(lower.Value)}" : null,
        condition.Upper is { } upper ? $"{(upper.IsOpen ? "below" : "at most")} {Number(upper.Value)}" : null]).OfType<string>());

    static string Text(Axis axis, Bounds bounds, string range)
    {
        return axis.Feature switch
        {
            Feature.OrderCount => Count(bounds, range, "order"),
            Feature.OrdersWithin => string.Create(CultureInfo.InvariantCulture, $"{Count(bounds, range, "order")} within {axis.WindowDays} days"),
            Feature.DaysSinceLastOrder => $"the last {range} days ago",
            Feature.DaysSinceLastView => $"last view {range} days ago",
            Feature.DaysSinceLastVisit => $"last visit {range} days ago",
            Feature.DaysSinceLastEvent => $"last event {range} days ago",
            Feature.DaysBeyondLapse => $"{range} days beyond the lapse threshold",
            Feature.ReferralCount => Count(bounds, range, "referral"),
            Feature.ReviewCount => Count(bounds, range, "review"),
            Feature.ShareCount => Count(bounds, range, "share"),
            _ => $"{Label(axis.Feature)} {range}",
        };
    }

    static string Count(Bounds bounds, string range, string noun) => bounds switch
    {
        { Max: 0 } => "no " + noun,
        { Min: 1, Max: 1 } => "1 " + noun,
        _ => $"{range} {noun}s",
    };

    static string Range(FeatureTraits traits, Bounds bounds)
    {
        return bounds switch
        {
            { Min: { } min, Max: { } max } when min == max => Number(min),
            // Less than what is least is not worth saying.
            { Min: null, Max: { } max } when traits.Min is { } least && least < max => $"{Number(least)} to {Number(max)}",
            { Min: null, Max: { } max } => $"{Number(max)} or less",
            { Min: { } min, Max: null } when traits.Max is { } most && min < most => $"{Number(min)} to {Number(most)}",
            { Min: { } min, Max: null } => $"{Number(min)} or more",
            { Min: { } min, Max: { } max } => $"{Number(min)} to {Number(max)}",
            _ => "any",
        };

        string Number(long steps) => Words.Number(traits.Value(steps));
    }

    static string Number(decimal value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>That there is a value, whichever.</summary>
    static string With(Feature feature) => feature switch
    {
        Feature.DaysSinceLastView => "viewed",
        Feature.DaysSinceLastVisit => "visited",
        Feature.DaysSinceLastEvent => "seen",
        Feature.LastReviewRating => "rated",
        Feature.LastNpsScore => "answered NPS",
        _ => FeatureTraits.Of(feature).Presence == Presence.WithOrder ? "some order" : $"{Label(feature)} any",
    };

    static string Without(Feature feature) => feature switch
    {
        Feature.DaysSinceLastView => "never viewed",
        Feature.DaysSinceLastVisit => "never visited",
        Feature.DaysSinceLastEvent => "no event",
        Feature.LastReviewRating => "no rating",
        Feature.LastNpsScore => "no NPS answer",
        _ => "no order",
    };

    static string Label(Feature feature) => feature switch
    {
        Feature.LastReviewRating => "last rating",
        Feature.LastNpsScore => "last NPS answer",
        Feature.SpendRelative => "spend over the average",
        _ => FeatureTraits.Of(feature).Name.Replace('_', ' '),
    };
}
