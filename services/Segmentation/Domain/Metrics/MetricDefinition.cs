namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>What a metric is counted in.</summary>
internal enum MetricUnit
{
    Customers = 1,
    Orders = 2,
    /// <summary>The shop's currency.</summary>
    Money = 3,
    /// <summary>1 is 100 %.</summary>
    Rate = 4,
    OrdersPerCustomer = 5,
    MoneyPerOrder = 6,
    Days = 7,
}

/// <summary>A metric as it is told wherever its number is shown.</summary>
/// <param name="Id">For example "churn_rate".</param>
/// <param name="Formula">In the words of <see cref="MetricDefinitions.Terms"/>.</param>
/// <param name="Source">Who defines it so.</param>
/// <param name="Caveat">What it is easily taken for and is not; empty where that needs no words.</param>
/// <param name="AnsweredBy">The call.</param>
internal record MetricDefinition(string Id, string Title, MetricUnit Unit, string Formula, string Source, string Caveat = "", string AnsweredBy = "GetMetrics");

/// <summary>A metric that is a number of a window.</summary>
/// <param name="Nobody">Why there is no value where the denominator is 0.</param>
/// <param name="ShortOfLapse">It says something only of a window no longer than the lapse.</param>
internal sealed record WindowMetric(
    string Id, string Title, MetricUnit Unit, string Formula, string Source, Func<Figures, Ratio> Measure, string Caveat = "", string Nobody = "", bool ShortOfLapse = false)
    : MetricDefinition(Id, Title, Unit, Formula, Source, Caveat)
{
    public MetricValue At(Figures figures)
    {
        var ratio = Measure(figures);
        if (ShortOfLapse && figures.Window.Days > figures.LapseDays)
            return new(this, ratio, null, "WINDOW_LONGER_THAN_LAPSE", FormattableString.Invariant($"In a window longer than the lapse of {figures.LapseDays} days a customer can be won and lost again, or lost twice: take a longer lapse or a shorter window."));
        return ratio.Value is { } value ? new(this, ratio, value) : new(this, ratio, null, "DENOMINATOR_ZERO", Nobody);
    }
}

/// <summary>A metric's number.</summary>
/// <param name="Value">Null where it is withheld; the reason then is not empty.</param>
internal sealed record MetricValue(MetricDefinition Definition, Ratio Ratio, decimal? Value, string Reason = "", string Explanation = "");
