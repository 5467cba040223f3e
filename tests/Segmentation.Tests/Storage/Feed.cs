using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

/// <summary>The feed of transitions as its readers take it in.</summary>
static class Feed
{
    public static async Task<List<ToldTransition>> ReadAsync(SegmentationStore store, string shop, int page = 1_000)
    {
        var (feed, known) = (new List<ToldTransition>(), (await store.FindShopAsync(shop, CancellationToken.None))!);
        while (await store.ReadTransitionsAsync(known, feed.Count == 0 ? 0 : feed[^1].Position, page, CancellationToken.None) is { Count: > 0 } next) feed.AddRange(next);
        return feed;
    }

    /// <summary>
    /// The stage of each customer in each model after all that was told. Every transition goes on from where the one before ended, to somewhere else, at a position of its
    /// own; what the clock did it did at the first moment of a day, and nothing was told before it was so.
    /// </summary>
    public static Dictionary<(string Model, string Customer), string> Replay(IReadOnlyList<ToldTransition> feed, TimeZoneInfo zone, bool isDense = true)
    {
        var stages = new Dictionary<(string, string), string>();
        foreach (var (i, t) in feed.Index())
        {
            Assert.True(isDense ? t.Position == i + 1 : i == 0 || t.Position > feed[i - 1].Position, $"position {t.Position} comes at place {i + 1}");
            Assert.Equal(stages.GetValueOrDefault((t.Model, t.Customer), ""), t.From);
            Assert.NotEqual(t.From, t.To);
            Assert.True(t.Effective <= t.Recorded, $"{t} was told before it was so");
            if (t.Cause.Kind == CauseKind.Clock) Assert.Equal(Calendar.StartOf(Calendar.DateOf(t.Effective, zone), zone), t.Effective);
            stages[(t.Model, t.Customer)] = t.To;
        }
        return stages.Where(s => s.Value.Length > 0).ToDictionary();
    }

    /// <summary>Where every customer is at an instant in these models, as known now: each evaluated alone.</summary>
    public static async Task<Dictionary<(string Model, string Customer), string>> EvaluateAsync(SegmentationStore store, string shop, IEnumerable<BoundModel> models, DateTimeOffset instant)
    {
        var (stages, known) = (new Dictionary<(string, string), string>(), (await store.FindShopAsync(shop, CancellationToken.None))!);
        await foreach (var customer in store.ScanAsync(known, includeAnonymous: true, CancellationToken.None))
        {
            if (customer.Read(Sources.All).Now(known.Currency, known.Zone) is not { } history) continue;
            foreach (var model in models)
                if (Lifecycle.StageAt(history, model, known.Zone, instant)?.Stage.Id is { } stage) stages[(model.Id, customer.Id)] = stage;
        }
        return stages;
    }

    public static IEnumerable<KeyValuePair<(string Model, string Customer), string>> Sorted(this Dictionary<(string Model, string Customer), string> stages)
        => stages.OrderBy(s => s.Key.Model, StringComparer.Ordinal).ThenBy(s => s.Key.Customer, StringComparer.Ordinal);
}
