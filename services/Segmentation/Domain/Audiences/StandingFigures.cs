using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>
/// A customer over a stretch of time in which nothing happens to them: what audiences ask for, apart from what the date makes of it. Days are day numbers in the
/// shop's zone; counts, spend and scores are in steps of their features.
/// </summary>
/// <param name="From">When the stretch begins.</param>
/// <param name="Until">When it ends, not part of it; <see cref="Calendar.Forever"/> where nothing is known to end it.</param>
internal sealed record StandingFigures(DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>Of whom nothing is known any more.</summary>
    public static StandingFigures OfNobody { get; } = new(DateTimeOffset.MinValue, Calendar.Forever);

    /// <summary>Null where they are no customer yet, or no longer: nobody is in any audience then.</summary>
    public DateTimeOffset? FirstSeen { get; private init; }

    public DateTimeOffset? FirstOrder { get; private init; }
    public DateTimeOffset? LastOrder { get; private init; }
    public int? FirstOrderDay { get; private init; }

    /// <summary>Of the order before the last.</summary>
    public int? OrderBeforeDay { get; private init; }

    public int? LastOrderDay { get; private init; }

    public int? ThirdLastOrderDay { get; private init; }
    public int? FourthLastOrderDay { get; private init; }
    public int? FifthLastOrderDay { get; private init; }
    public int? LastViewDay { get; private init; }
    public int? LastVisitDay { get; private init; }
    public int? LastEventDay { get; private init; }
    public int? LastInteractionDay { get; private init; }
    public long OrderCount { get; private init; }
    public long Spend { get; private init; }
    public long ReferralCount { get; private init; }
    public long ReviewCount { get; private init; }
    public long ShareCount { get; private init; }

    /// <summary>See <see cref="BuyerFigures"/>; 0 without an order.</summary>
    public int OrderDays { get; private init; }

    /// <summary>Likewise.</summary>
    public long RepeatSpend { get; private init; }

    /// <summary>See <see cref="EngagementScore.Level"/>.</summary>
    public long? EngagementLevel { get; private init; }

    public long? LastReviewRating { get; private init; }
    public long? LastNpsScore { get; private init; }

    /// <summary>Of the stretch that an instant lies in.</summary>
    /// <param name="history">With everything that is known.</param>
    public static StandingFigures Of(History history, DateTimeOffset instant, TimeZoneInfo zone)
    {
        var (from, until) = Stretch(history, instant);
        if (Standing.At(history, instant, zone) is not { } standing) return new StandingFigures(from, until);
        var (today, facts) = (Calendar.DateOf(instant, zone), OverlayFacts.At(history, instant, zone)!);
        var buyer = facts.LastOrder is null ? default : BuyerFigures.Of(Buyer.Of([.. history.Facts.Where(f => f.Time <= instant)], history.Currency, zone).Orders);
        int[] earlier = [.. standing.OrderDates.Skip(2).Take(3).Select(d => d.DayNumber)];
        return new StandingFigures(from, until)
        {
            FirstSeen = history.FirstSeen,
            FirstOrder = history.Purchases.FirstOrderAt(instant)?.Time,
            LastOrder = standing.Purchases.LastOrder?.Time,
            FirstOrderDay = facts.FirstOrder?.DayNumber,
            OrderBeforeDay = facts.OrderBefore?.DayNumber,
            LastOrderDay = facts.LastOrder?.DayNumber,
            ThirdLastOrderDay = earlier is [var third, ..] ? third : null,
            FourthLastOrderDay = earlier is [_, var fourth, ..] ? fourth : null,
            FifthLastOrderDay = earlier is [_, _, var fifth] ? fifth : null,
            LastViewDay = Day(Feature.DaysSinceLastView),
            LastVisitDay = Day(Feature.DaysSinceLastVisit),
            LastEventDay = Day(Feature.DaysSinceLastEvent),
            LastInteractionDay = facts.LastInteraction?.DayNumber,
            OrderCount = Steps(Feature.OrderCount)!.Value,
            Spend = Steps(Feature.Spend)!.Value,
            ReferralCount = Steps(Feature.ReferralCount)!.Value,
            ReviewCount = Steps(Feature.ReviewCount)!.Value,
            ShareCount = Steps(Feature.ShareCount)!.Value,
            OrderDays = buyer.DayCount,
            RepeatSpend = buyer.RepeatSpend,
            EngagementLevel = standing.EngagementLevel,
            LastReviewRating = Steps(Feature.LastReviewRating),
            LastNpsScore = Steps(Feature.LastNpsScore),
        };

        long? Steps(Feature feature) => standing.Value(new Axis(feature), today, null);

        int? Day(Feature feature) => (int?)(today.DayNumber - Steps(feature));
    }

    static (DateTimeOffset From, DateTimeOffset Until) Stretch(History history, DateTimeOffset instant)
    {
        var (from, until) = (DateTimeOffset.MinValue, Calendar.Forever);
        Bound(history.FirstSeen);
        Bound(history.End);
        for (var i = 0; i < history.Facts.Count; i++) Bound(history.Facts[i].Time);
        for (var i = 0; i < history.Activities.Count; i++) Bound(history.Activities[i].Time);
        for (var i = 0; i < history.Opinions.Count; i++) Bound(history.Opinions[i].Time);
        foreach (var time in history.Traits.Times) Bound(time);
        return (from, until);

        void Bound(DateTimeOffset time)
        {
            if (time <= instant && time > from) from = time;
            else if (time > instant && time < until) until = time;
        }
    }
}
