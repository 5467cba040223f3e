using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Workers;

/// <summary>
/// Freezes RFM of the months that are over, each as of its end in event time: the newest in which somebody ordered, of an imported history too. Which these are stands in the latest
/// revision of the value models, so that looking costs nothing; a month costs one reading of all orders.
/// </summary>
internal sealed class RfmMonths : RecurringWork
{
    // One fact of so many may have become known just now: some events are always late.
    const int FreshShare = 1_000;

    readonly SegmentationStore _shops;
    readonly ValueStore _store;
    readonly Bell _bell;
    readonly ValueOptions _options;
    readonly ILogger _log;

    /// <summary>Shops whose months somebody waits for, who says that their history is complete.</summary>
    readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.Ordinal);

    public RfmMonths(SegmentationStore shops, ValueStore store, [FromKeyedServices(Bell.Months)] Bell bell, HealthState health, TimeProvider clock, IOptions<ValueOptions> options, ILogger<RfmMonths> log)
        : base(TimeSpan.FromSeconds(options.Value.PollSeconds), clock)
    {
        (_shops, _store, _bell, _options, _log) = (shops, store, bell, options.Value, log);
        health.AddCheck("rfm months", () => _options.IsOverdue(DoneTime, Clock.GetUtcNow()) ? $"not every shop's were seen to since {DoneTime.ToText()}" : null);
    }

    protected override Task CalledAsync() => _bell.HeardAsync();

    protected override void Say(Exception failure) => _log.ValueRefreshStuck(failure, _options.PollSeconds);

    /// <summary>Freezes the newest month that is missing; the worker goes on with those before at once.</summary>
    public async Task BeginAsync(Shop shop, CancellationToken cancellation)
    {
        if (!await FreezeNextAsync(shop, asked: true, cancellation)) return;
        _asked[shop.Id] = true;
        _bell.Ring();
    }

    /// <summary>A month of each shop in turn: a long history keeps no other shop waiting.</summary>
    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        var (more, failure) = (true, (Exception?)null);
        while (more)
        {
            more = false;
            try
            {
                await _shops.ForEachShopAsync(async (shop, c) => more |= await StepAsync(shop, c), _log, cancellation);
            }
            catch (InvalidOperationException e)
            {
                // Nor does one that fails.
                failure = e;
            }
        }
        if (failure is not null) throw failure;
    }

    async Task<bool> StepAsync(Shop shop, CancellationToken cancellation)
    {
        if (await FreezeNextAsync(shop, _asked.ContainsKey(shop.Id), cancellation)) return true;
        _asked.TryRemove(shop.Id, out _);
        return false;
    }

    /// <summary>Freezes the newest month that is missing and removes those that are too old. False where there is nothing to freeze, or not yet.</summary>
    /// <param name="asked">Somebody says that the history is complete.</param>
    async Task<bool> FreezeNextAsync(Shop shop, bool asked, CancellationToken cancellation)
    {
        if (await _store.FindLatestAsync(shop.Id, Calendar.Forever, cancellation) is not { } revision) return false;
        var today = Calendar.DateOf(Clock.GetUtcNow(), shop.Zone);
        var open = new DateOnly(today.Year, today.Month, 1);
        var wanted = revision.Model.OrderMonths.Where(m => m < open).TakeLast(_options.RfmMonthsMax).ToList();
        var kept = await _store.ListMonthsAsync(shop.Id, cancellation);
        if (wanted.Count == _options.RfmMonthsMax)
            foreach (var old in kept.Where(m => m < wanted[0])) await RemoveAsync(shop, old, cancellation);
        foreach (var month in wanted.Except(kept).Reverse())
        {
            switch (await FreezeAsync(shop, month, asked, cancellation))
            {
                case Outcome.Frozen: return true;
                case Outcome.Unsettled: return false;
            }
        }
        return false;
    }

    enum Outcome
    {
        Frozen,
        Unsettled,
        Nobody,
    }

    async Task<Outcome> FreezeAsync(Shop shop, DateOnly month, bool asked, CancellationToken cancellation)
    {
        var asOf = Calendar.StartOf(month.AddMonths(1), shop.Zone).AddMilliseconds(-1);
        var (last, settled) = (month.AddMonths(1).DayNumber - 1, Clock.GetUtcNow().AddMinutes(-_options.RfmSettleMinutes));
        var customers = new List<(string Id, RfmValues Values, decimal Amount)>();
        var (facts, fresh) = (0L, 0L);
        await foreach (var (customer, buyer, record) in _shops.BuyersAsync(shop, asOf, cancellation))
        {
            customers.Add((customer, new RfmValues(last - buyer.Orders[^1].Day, buyer.Orders.Length, (double)buyer.Value), buyer.Value));
            foreach (var fact in record.Facts)
            {
                if (!fact.IsToday || fact.What.Time > asOf) continue;
                facts++;
                if (fact.From > settled) fresh++;
            }
        }
        if (customers.Count == 0) return Outcome.Nobody;
        if (!asked && fresh * FreshShare > facts)
        {
            _log.RfmUnsettled(shop.Id, ToText(month), fresh, facts, _options.RfmSettleMinutes);
            return Outcome.Unsettled;
        }
        await AddAsync(shop, month, asOf, customers, cancellation);
        return Outcome.Frozen;
    }

    async Task AddAsync(Shop shop, DateOnly month, DateTimeOffset asOf, List<(string Id, RfmValues Values, decimal Amount)> customers, CancellationToken cancellation)
    {
        // By id, which is what tells equal customers apart where fifths are of equal size.
        customers.Sort((a, b) => string.CompareOrdinal(a.Id, b.Id));
        var values = customers.ConvertAll(c => c.Values);
        var (cutPoints, cuts) = Rfm.Score(values, RfmTieRule.CutPoints);
        var (ntile, ranks) = (Rfm.Score(values, RfmTieRule.Ntile).Scores, Rfm.Score(values, RfmTieRule.AverageRank).Scores);
        var entries = customers.Select((c, i) => new RfmEntry(c.Id, c.Values.RecencyDays, c.Values.Frequency, c.Amount, cutPoints[i].Code, ntile[i].Code, ranks[i].Code)).ToList();
        if (await _store.AddMonthAsync(shop.Id, new RfmMonth(month, asOf, Clock.GetUtcNow().WholeMillis(), cuts), entries, cancellation))
            _log.RfmFrozen(shop.Id, ToText(month), entries.Count);
    }

    async Task RemoveAsync(Shop shop, DateOnly month, CancellationToken cancellation)
    {
        await _store.RemoveMonthAsync(shop.Id, month, cancellation);
        _log.RfmRemoved(shop.Id, ToText(month), _options.RfmMonthsMax);
    }

    static string ToText(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
