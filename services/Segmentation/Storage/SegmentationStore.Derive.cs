using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>Keeps what is derived from facts, activities and opinions true: intervals per model at work, and values.</summary>
internal sealed partial class SegmentationStore
{
    internal string ForgetIntervalsSql => $"""
        DELETE FROM {database.Prefix}stage_interval
        WHERE shop = @shop
          AND model = @model
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    /// <summary>For the customers that changed, and of those what the change can have touched.</summary>
    async Task DeriveAsync(Write write, IReadOnlyList<CustomerChange> changes, Dictionary<string, Shop> shops, CancellationToken cancellation)
    {
        var (intervals, values) = (new List<object?[]>(), new List<object?[]>());
        foreach (var group in changes.GroupBy(c => c.Shop, StringComparer.Ordinal))
        {
            var shop = shops[group.Key];
            var derivations = await ReadDerivationsAsync(write, shop.Id, cancellation);
            var touched = group.Where(c => c.NewFacts.Count > 0 || derivations.Any(d => c.Touches(d.Model))).ToList();
            var histories = await HistoriesAsync(write, shop, touched, derivations, cancellation);
            foreach (var derivation in derivations)
            {
                var own = touched.Where(c => c.Touches(derivation.Model)).ToList();
                await ForgetAsync(write, ForgetIntervalsSql, shop.Id, [.. own.Where(c => !c.IsNew).Select(c => c.Customer)], cancellation, derivation.Key);
                intervals.AddRange(own.SelectMany(c => Intervals(shop, c.Customer, c.Identified, histories[c.Customer], derivation)));
            }
            var bought = touched.Where(c => c.NewFacts.Count > 0).ToList();
            await ForgetAsync(write, ForgetValuesSql, shop.Id, [.. bought.Where(c => !c.IsNew).Select(c => c.Customer)], cancellation);
            values.AddRange(bought.SelectMany(c => histories[c.Customer].Purchases.ValueChanges().Select(v => new object?[] { shop.Id, c.Customer, v.Time, v.Amount })));
        }
        await AppendIntervalsAsync(write, intervals, cancellation);
        await write.AppendAsync(database.Prefix + "value_change", ["shop", "customer", "event_time", "amount"], values, cancellation);
    }

    async Task<Dictionary<string, History>> HistoriesAsync(Write write, Shop shop, IReadOnlyList<CustomerChange> changes, IReadOnlyList<Derivation> derivations, CancellationToken cancellation)
    {
        // Of a customer never seen before the change is all there is.
        var old = changes.Where(c => !c.IsNew).Select(c => (c.Shop, c.Customer)).ToList();
        var sources = derivations.Aggregate(default(Sources), (all, d) => all | d.Model.Sources);
        var facts = await FactsAsync(write, old, cancellation);
        var activities = await ActivitiesAsync(write, sources.HasFlag(Sources.Activities) ? old : [], DateTimeOffset.MinValue, cancellation);
        var opinions = await OpinionsAsync(write, sources.HasFlag(Sources.Opinions) ? old : [], cancellation);
        return changes.ToDictionary(
            c => c.Customer,
            c => c.IsNew
                ? History.Of(c.FirstSeen, c.NewFacts, shop.Currency, c.Left, c.NewActivities, c.NewOpinions)
                : History.Of(c.FirstSeen, facts[(c.Shop, c.Customer)], shop.Currency, c.Left, activities[(c.Shop, c.Customer)], opinions[(c.Shop, c.Customer)]),
            StringComparer.Ordinal);
    }

    static IEnumerable<object?[]> Intervals(Shop shop, string customer, bool identified, History history, Derivation derivation)
        => StageTimeline.Of(history, derivation.Model, shop.Zone).Select(i => new object?[] { shop.Id, customer, derivation.Key, i.From, i.To, i.Stage.Id, identified });

    Task AppendIntervalsAsync(Write write, List<object?[]> intervals, CancellationToken cancellation)
        => write.AppendAsync(database.Prefix + "stage_interval", ["shop", "customer", "model", "valid_from", "valid_to", "stage", "identified"], intervals, cancellation);
}
