namespace Perennial.Segmentation.Domain;

/// <summary>A revision of a model and the zone that its days were counted in, and when answers rested on them.</summary>
internal sealed record ModelUseTime(BoundModel Model, TimeZoneInfo Zone, DateTimeOffset From, DateTimeOffset To);

/// <summary>A stay in a stage as it was known from an instant until just before another.</summary>
/// <param name="History">As first known so.</param>
internal sealed record Membership(StageInterval Stay, DateTimeOffset KnownFrom, DateTimeOffset KnownTo, Cause Cause, ModelUseTime Use, History History);

/// <summary>What a customer's stages were on both axes of time.</summary>
internal static class MembershipHistory
{
    /// <summary>By when it became known, then by when it was so. A stay that stayed as it was known, model and zone included, is one entry.</summary>
    /// <param name="uses">In order.</param>
    public static List<Membership> Of(CustomerRecord record, IReadOnlyList<ModelUseTime> uses, string currency)
    {
        var (closed, open) = (new List<Membership>(), new List<Membership>());
        DateTimeOffset[] times = [.. record.KnownTimes.Concat(uses.SelectMany(u => (DateTimeOffset[])[u.From, u.To])).Where(t => t < Calendar.Forever && t >= record.KnownTimes.FirstOrDefault()).Distinct().Order()];
        ModelUseTime? last = null;
        foreach (var time in times)
        {
            var use = uses.LastOrDefault(u => u.From <= time && time < u.To);
            var now = use is var (model, zone, _, _) && record.AsKnown(time, currency, zone, model.Sources | Sources.Purchases) is { } history
                ? StageTimeline.Of(history, model, zone).Select(s => new Membership(s, time, Calendar.Forever, CauseOf(s, record, history, model.Sources | Sources.Purchases, time, AreAlike(use, last), open), use, history)).ToList()
                : [];
            var kept = open.Where(o => now.Exists(n => n.Stay == o.Stay && AreAlike(n.Use, o.Use))).ToList();
            closed.AddRange(open.Except(kept).Select(o => o with { KnownTo = time }));
            open = [.. kept, .. now.Where(n => !kept.Exists(o => o.Stay == n.Stay))];
            last = use;
        }
        return [.. closed.Concat(open).OrderBy(m => m.KnownFrom).ThenBy(m => m.Stay.From)];
    }

    static bool AreAlike(ModelUseTime? a, ModelUseTime? b) => a?.Model == b?.Model && a?.Zone.Id == b?.Zone.Id;

    /// <summary>A stay that was not known so before, though the customer was: another model or zone, or news of the past.</summary>
    static Cause CauseOf(StageInterval stay, CustomerRecord record, History history, Sources sources, DateTimeOffset time, bool isSameUse, List<Membership> open)
    {
        var cause = Transitions.CauseOf(history, stay.From, sources);
        if (open.Count == 0 || cause.Kind is not CauseKind.Clock || open.Exists(o => o.Stay.From == stay.From && o.Stay.Stage == stay.Stage)) return cause;
        if (!isSameUse) return new Cause(CauseKind.Model);
        return stay.From < time ? new Cause(CauseKind.Correction, record.NewsOf(time, sources)) : cause;
    }
}
