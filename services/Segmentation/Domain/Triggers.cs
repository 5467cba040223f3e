namespace Perennial.Segmentation.Domain;

/// <summary>What would change a customer's stage at once: something that they do at the very instant, and the stage that it would bring.</summary>
internal static class Triggers
{
    // No sender's: ids hold no control character.
    const string NewMessage = "\0";
    const string NewOrder = "\0";

    /// <summary>Deeds that would leave the stage as it is are left out.</summary>
    public static IEnumerable<(string Event, Stage Stage)> Of(Lifecycle now, History history, BoundModel model, TimeZoneInfo zone)
    {
        var instant = now.Standing.Instant;
        foreach (var (name, changed) in Deeds(now, history, model.Sources, instant))
            if (Lifecycle.StageAt(changed, model, zone, instant) is { } then && then.Stage != now.Stage) yield return (name, then.Stage);
    }

    static IEnumerable<(string Event, History Changed)> Deeds(Lifecycle now, History history, Sources sources, DateTimeOffset instant)
    {
        if (sources.HasFlag(Sources.Purchases)) yield return ("order", history.With([new Fact(FactKind.Ordered, instant, NewMessage, NewOrder, MeanOrder(now.Purchases), "")], [], []));
        if (sources.HasFlag(Sources.Activities))
        {
            foreach (var kind in (ActivityKind[])[ActivityKind.View, ActivityKind.Visit, ActivityKind.Event])
                yield return (Name(kind), history.With([], [new Activity(kind, instant, NewMessage)], []));
        }
        if (!sources.HasFlag(Sources.Opinions)) yield break;
        foreach (var (name, kind, score) in Opinions) yield return (name, history.With([], [], [new Opinion(kind, instant, NewMessage, score)]));
    }

    static readonly (string Name, OpinionKind Kind, decimal? Score)[] Opinions =
    [
        ("referral", OpinionKind.Referral, null),
        ("share", OpinionKind.Share, null),
        ("review", OpinionKind.Review, null),
        ("review rated 5", OpinionKind.Review, 5),
        ("NPS answer of 10", OpinionKind.NpsAnswer, 10),
    ];

    static string Name(ActivityKind kind) => kind switch
    {
        ActivityKind.View => "view",
        ActivityKind.Visit => "visit",
        _ => "event",
    };

    static decimal MeanOrder(Purchases purchases) => purchases.OrderCount == 0 ? 0 : decimal.Round(purchases.Value / purchases.OrderCount, 4);
}
