using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Storage;

/// <summary>What audiences ask for as columns beside a customer's record, so that most filters need not read it. Written whenever the record is.</summary>
internal static class FigureColumns
{
    public static readonly string[] Names =
    [
        "from_time", "until_time", "first_seen_time", "first_order_time", "last_order_time",
        "first_order_day", "order_before_day", "last_order_day", "last_view_day", "last_visit_day", "last_event_day", "last_interaction_day",
        "order_count", "spend", "referral_count", "review_count", "share_count", "last_review_rating", "last_nps_score",
        "third_last_order_day", "fourth_last_order_day", "fifth_last_order_day", "engagement_level", "order_days", "repeat_spend",
    ];

    /// <summary>In the order of the names.</summary>
    public static void Add(Row row, StandingFigures figures)
    {
        row.Add(figures.From);
        row.Add(figures.Until);
        row.Add(figures.FirstSeen);
        row.Add(figures.FirstOrder);
        row.Add(figures.LastOrder);
        row.Add(figures.FirstOrderDay);
        row.Add(figures.OrderBeforeDay);
        row.Add(figures.LastOrderDay);
        row.Add(figures.LastViewDay);
        row.Add(figures.LastVisitDay);
        row.Add(figures.LastEventDay);
        row.Add(figures.LastInteractionDay);
        row.Add(figures.OrderCount);
        row.Add(figures.Spend);
        row.Add(figures.ReferralCount);
        row.Add(figures.ReviewCount);
        row.Add(figures.ShareCount);
        row.Add(figures.LastReviewRating);
        row.Add(figures.LastNpsScore);
        row.Add(figures.ThirdLastOrderDay);
        row.Add(figures.FourthLastOrderDay);
        row.Add(figures.FifthLastOrderDay);
        row.Add(figures.EngagementLevel);
        row.Add(figures.OrderDays);
        row.Add(figures.RepeatSpend);
    }
}
