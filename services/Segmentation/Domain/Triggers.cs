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
            foreach (var (name, kind, touch) in Activities) yield return (name, history.With([], [new Activity(kind, instant, NewMessage, touch)], []));
        }
        if (!sources.HasFlag(Sources.Opinions)) yield break;
        foreach (var (name, kind, score) in Opinions) yield return (name, history.With([], [], [new Opinion(kind, instant, NewMessage, score)]));
    }

    static readonly (string Name, ActivityKind Kind, Touch Touch)[] Activities =
    [
        ("view", ActivityKind.View, new(TouchKind.Visit)),
        ("visit", ActivityKind.Visit, new(TouchKind.Visit)),
        ("event", ActivityKind.Event, default),
        ("message opened", ActivityKind.Event, new(TouchKind.Opened, Channel.Email)),
        ("message clicked", ActivityKind.Event, new(TouchKind.Clicked, Channel.Email)),
    ];

    static readonly (string Name, OpinionKind Kind, decimal? Score)[] Opinions =
    [
        ("referral", OpinionKind.Referral, null),
        ("share", OpinionKind.Share, null),
        ("review", OpinionKind.Review, null),
        ("review rated 5", OpinionKind.Review, 5),
        ("NPS answer of 10", OpinionKind.NpsAnswer, 10),
    ];

    static decimal MeanOrder(Purchases purchases) => purchases.OrderCount == 0 ? 0 : decimal.Round(purchases.Value / purchases.OrderCount, 4);
}
