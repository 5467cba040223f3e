using System.Globalization;

namespace Perennial.Segmentation.Domain;

/// <summary>Conditions as people read them.</summary>
internal static class Words
{
    public static string Of(Rule rule) => string.Join(", ", rule.Conditions.Select(Of));

    /// <summary>A customer by their values, for example "4 orders, the last 91 days ago".</summary>
    public static string Of(IEnumerable<(Axis Axis, long? Value)> customer)
        => string.Join(", ", customer.Select(v => v.Value is { } steps ? Text(v.Axis, new Bounds(steps, steps)) : Without(v.Axis.Feature)));

    static string Of(Condition condition)
    {
        if (condition.IsOfAbsenceAlone) return Without(condition.Axis.Feature);
        var text = Text(condition.Axis, condition.Bounds);
        return condition.Absent ? $"{text} or {Without(condition.Axis.Feature)}" : text;
    }

    static string Text(Axis axis, Bounds bounds)
    {
        var range = Range(axis.Traits, bounds);
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
            { Min: null, Max: null } => "any",
            { Min: { } min, Max: { } max } when min == max => Number(min),
            // Less than what is least is not worth saying.
            { Min: null, Max: { } max } when traits.Min is { } least && least < max => $"{Number(least)} to {Number(max)}",
            { Min: null, Max: { } max } => $"{Number(max)} or less",
            { Min: { } min, Max: null } when traits.Max is { } most && min < most => $"{Number(min)} to {Number(most)}",
            { Min: { } min, Max: null } => $"{Number(min)} or more",
            { Min: { } min, Max: { } max } => $"{Number(min)} to {Number(max)}",
        };

        string Number(long steps) => traits.Value(steps).ToString(CultureInfo.InvariantCulture);
    }

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
