using System.Collections.Frozen;
using System.Globalization;

namespace Perennial.Segmentation.Domain;

/// <summary>What a model may ask of a customer. The names are stored.</summary>
internal enum Feature
{
    OrderCount = 1,
    DaysSinceLastOrder = 2,
    OrdersWithin = 3,
    Spend = 4,
    SpendRelative = 5,
    DaysBeyondLapse = 6,
    RecencyScore = 7,
    FrequencyScore = 8,
    MonetaryScore = 9,
    DaysSinceLastView = 10,
    DaysSinceLastVisit = 11,
    DaysSinceLastEvent = 12,
    ReferralCount = 13,
    ReviewCount = 14,
    LastReviewRating = 15,
    ShareCount = 16,
    LastNpsScore = 17,
    EngagementScore = 18,
}

/// <summary>Which part of a history something is read from.</summary>
[Flags]
internal enum Sources
{
    Purchases = 1,
    Activities = 2,
    Opinions = 4,
    Traits = 8,
    /// <summary>All that models may ask for.</summary>
    OfModels = Purchases | Activities | Opinions,
    All = OfModels | Traits,
}

/// <summary>When a customer has a value of a feature.</summary>
internal enum Presence
{
    Always,
    WithOrder,
    Sometimes,
}

/// <summary>A part of the population that a feature is measured against.</summary>
internal enum PopulationPart
{
    None,
    AverageSpend,
    LapseDays,
    RfmCuts,
}

/// <summary>
/// What holds of a feature for every customer. Values lie on a grid: whole numbers, or multiples of a ten-thousandth. Everything about them is
/// exact: a grid value is kept as the number of its steps.
/// </summary>
/// <param name="Min">Least possible value, in steps; null means unbounded.</param>
/// <param name="Ages">The clock alone changes it.</param>
internal sealed record FeatureTraits(string Name, Sources Sources, Presence Presence = Presence.Always, long? Min = 0, long? Max = null, bool IsWhole = true, bool Ages = false, PopulationPart Needs = PopulationPart.None)
{
    const int StepsPerUnit = 10_000;

    static readonly FrozenDictionary<Feature, FeatureTraits> All = new Dictionary<Feature, FeatureTraits>
    {
        [Feature.OrderCount] = new("order_count", Sources.Purchases),
        [Feature.DaysSinceLastOrder] = new("days_since_last_order", Sources.Purchases, Presence.WithOrder, Ages: true),
        [Feature.OrdersWithin] = new("orders_within", Sources.Purchases, Ages: true),
        [Feature.Spend] = new("spend", Sources.Purchases, Min: null, IsWhole: false),
        [Feature.SpendRelative] = new("spend_relative", Sources.Purchases, Min: null, IsWhole: false, Needs: PopulationPart.AverageSpend),
        [Feature.DaysBeyondLapse] = new("days_beyond_lapse", Sources.Purchases, Presence.WithOrder, Min: null, Ages: true, Needs: PopulationPart.LapseDays),
        [Feature.RecencyScore] = new("recency_score", Sources.Purchases, Presence.WithOrder, 1, 5, Ages: true, Needs: PopulationPart.RfmCuts),
        [Feature.FrequencyScore] = new("frequency_score", Sources.Purchases, Presence.WithOrder, 1, 5, Needs: PopulationPart.RfmCuts),
        [Feature.MonetaryScore] = new("monetary_score", Sources.Purchases, Presence.WithOrder, 1, 5, Needs: PopulationPart.RfmCuts),
        [Feature.DaysSinceLastView] = new("days_since_last_view", Sources.Activities, Presence.Sometimes, Ages: true),
        [Feature.DaysSinceLastVisit] = new("days_since_last_visit", Sources.Activities, Presence.Sometimes, Ages: true),
        [Feature.DaysSinceLastEvent] = new("days_since_last_event", Sources.Activities | Sources.Purchases, Presence.Sometimes, Ages: true),
        [Feature.ReferralCount] = new("referral_count", Sources.Opinions),
        [Feature.ReviewCount] = new("review_count", Sources.Opinions),
        [Feature.LastReviewRating] = new("last_review_rating", Sources.Opinions, Presence.Sometimes, Min: null, IsWhole: false),
        [Feature.ShareCount] = new("share_count", Sources.Opinions),
        [Feature.LastNpsScore] = new("last_nps_score", Sources.Opinions, Presence.Sometimes, 0, 10 * StepsPerUnit, IsWhole: false),
        [Feature.EngagementScore] = new("engagement_score", Sources.Activities | Sources.Purchases, IsWhole: false, Ages: true),
    }.ToFrozenDictionary();

    public static FeatureTraits Of(Feature feature) => All[feature];

    public int Scale => IsWhole ? 1 : StepsPerUnit;

    /// <summary>The nearest step below, or the value's own.</summary>
    public long Down(decimal value) => Steps(decimal.Floor(value * Scale));

    /// <summary>The nearest step above, or the value's own.</summary>
    public long Up(decimal value) => Steps(decimal.Ceiling(value * Scale));

    public decimal Value(long steps) => (decimal)steps / Scale;

    // No bound lies as far out, so what is beyond is as good as there.
    static long Steps(decimal steps) => (long)Math.Clamp(steps, -StepsMax, StepsMax);

    const long StepsMax = 1_000_000_000_000_000_000;
}

/// <summary>A feature as a condition names it.</summary>
/// <param name="WindowDays">Of <see cref="Feature.OrdersWithin"/>; 0 for every other.</param>
internal readonly record struct Axis(Feature Feature, int WindowDays = 0)
{
    public FeatureTraits Traits => FeatureTraits.Of(Feature);

    /// <summary>For example "days_since_last_order" or "orders_within_30_days".</summary>
    public string Name => WindowDays == 0 ? Traits.Name : string.Create(CultureInfo.InvariantCulture, $"{Traits.Name}_{WindowDays}_days");
}

/// <summary>Inclusive bounds in steps of a feature; null means unbounded.</summary>
internal readonly record struct Bounds(long? Min, long? Max)
{
    public bool Contain(long value) => !(value < Min) && !(value > Max);
}
