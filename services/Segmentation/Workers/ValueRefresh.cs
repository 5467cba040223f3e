using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Workers;

/// <summary>Fits the models of every shop on schedule, and of one on demand; learns what customers are measured against; freezes RFM when a month is over.</summary>
internal sealed class ValueRefresh(SegmentationStore shops, ValueStore store, Bell bell, Metrics metrics, TimeProvider clock, IOptions<ValueOptions> options, ILogger<ValueRefresh> log) : BackgroundService
{
    readonly ConcurrentDictionary<string, Lazy<Task<ValueRevision>>> _running = new(StringComparer.Ordinal);
    readonly CancellationTokenSource _stopping = new();

    /// <summary>
    /// Fits a shop's models as of now and freezes the months that are over. Of callers at the same time all wait for one fit; it goes on when they leave, as
    /// others may wait for it too.
    /// </summary>
    public async Task<ValueRevision> FitAsync(Shop shop, CancellationToken cancellation)
    {
        var fit = _running.GetOrAdd(shop.Id, _ => new(() => RunAsync(shop, _stopping.Token)));
        return await fit.Value.WaitAsync(cancellation);
    }

    async Task<ValueRevision> RunAsync(Shop shop, CancellationToken cancellation)
    {
        // Off the caller's thread: a fit computes for seconds.
        await Task.Yield();
        try
        {
            var (started, asOf) = (clock.GetTimestamp(), clock.GetUtcNow().WholeMillis());
            var (sample, population) = await SampleAsync(shop, asOf, cancellation);
            var model = sample.Fit(options.Value.HorizonDays, options.Value.LapseLevel);
            var gaps = sample.Gaps.Analyse(options.Value.HorizonDays, options.Value.LapseLevel);
            var created = clock.GetUtcNow().WholeMillis();
            var number = await shops.AddValuesAsync(shop, asOf, created, gaps, model, cancellation);
            var duration = clock.GetElapsedTime(started);
            metrics.Fitted(duration);
            log.ValueModelsFitted(shop.Id, number, model.Customers, duration.TotalMilliseconds, model.Chosen?.ToString() ?? "none", model.Why);
            if (population.Learn(gaps) is { } learned) await LearnAsync(shop, learned, overHand: false, cancellation);
            await shops.CountTopSpendAsync(shop, created, cancellation);
            bell.Ring();
            await FreezeAsync(shop, asOf, cancellation);
            return new ValueRevision(number, asOf, created, gaps, model);
        }
        finally
        {
            _running.TryRemove(shop.Id, out _);
        }
    }

    /// <summary>Learns what customers are measured against as of now, in the place of whatever is set; null where nobody has bought.</summary>
    public async Task<PopulationState?> LearnAsync(Shop shop, CancellationToken cancellation)
    {
        var (values, population) = await SampleAsync(shop, clock.GetUtcNow().WholeMillis(), cancellation);
        var gaps = values.Gaps.Analyse(options.Value.HorizonDays, options.Value.LapseLevel);
        return population.Learn(gaps) is { } learned ? await LearnAsync(shop, learned, overHand: true, cancellation) : null;
    }

    async Task<PopulationState> LearnAsync(Shop shop, Population learned, bool overHand, CancellationToken cancellation)
    {
        var state = await shops.LearnPopulationAsync(shop.Id, learned, overHand, clock.GetUtcNow().WholeMillis(), cancellation);
        log.PopulationLearned(shop.Id, state.Revision);
        bell.Ring();
        return state;
    }

    /// <summary>Gaps of a shop's orders up to an instant.</summary>
    public async Task<OrderGaps> GapsAsync(Shop shop, DateTimeOffset asOf, CancellationToken cancellation) => (await SampleAsync(shop, asOf, cancellation)).Values.Gaps;

    async Task<(ValueSample Values, PopulationSample Population)> SampleAsync(Shop shop, DateTimeOffset asOf, CancellationToken cancellation)
    {
        var today = Calendar.DateOf(asOf, shop.Zone).DayNumber;
        var (values, population) = (new ValueSample(today, options.Value.HoldoutDays), new PopulationSample(asOf, today));
        await foreach (var (_, buyer) in BuyersAsync(shop, asOf, cancellation))
        {
            values.Add(buyer.Orders);
            population.Add(buyer);
        }
        return (values, population);
    }

    /// <summary>Customers with an order that counts at the instant, in no particular order.</summary>
    async IAsyncEnumerable<(string Customer, Buyer Buyer)> BuyersAsync(Shop shop, DateTimeOffset asOf, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var customer in shops.ScanAsync(shop, includeAnonymous: false, cancellation))
        {
            if (customer.Read(Sources.Purchases).Now(shop.Currency, shop.Zone, Sources.Purchases) is not { } history || history.End <= asOf) continue;
            var buyer = Buyer.Of([.. history.Facts.Where(f => f.Time <= asOf)], shop.Currency, shop.Zone);
            if (buyer.Orders.Length > 0) yield return (customer.Id, buyer);
        }
    }

    /// <summary>Freezes the months that are over and come after the latest frozen one; at first, the last one alone.</summary>
    async Task FreezeAsync(Shop shop, DateTimeOffset now, CancellationToken cancellation)
    {
        var today = Calendar.DateOf(now, shop.Zone);
        var open = new DateOnly(today.Year, today.Month, 1);
        var month = await store.FindLatestMonthAsync(shop.Id, cancellation) is { } latest ? latest.Start.AddMonths(1) : open.AddMonths(-1);
        if (month < open.AddMonths(-options.Value.MonthsBackMax)) month = open.AddMonths(-options.Value.MonthsBackMax);
        for (; month < open; month = month.AddMonths(1)) await FreezeAsync(shop, month, cancellation);
    }

    async Task FreezeAsync(Shop shop, DateOnly month, CancellationToken cancellation)
    {
        var asOf = Calendar.StartOf(month.AddMonths(1), shop.Zone).AddMilliseconds(-1);
        var last = month.AddMonths(1).DayNumber - 1;
        var customers = new List<(string Id, RfmValues Values, decimal Amount)>();
        await foreach (var (customer, buyer) in BuyersAsync(shop, asOf, cancellation))
            customers.Add((customer, new RfmValues(last - buyer.Orders[^1].Day, buyer.Orders.Length, (double)buyer.Value), buyer.Value));
        if (customers.Count == 0) return;
        // By id, which is what tells equal customers apart where fifths are of equal size.
        customers.Sort((a, b) => string.CompareOrdinal(a.Id, b.Id));
        var values = customers.ConvertAll(c => c.Values);
        var (cutPoints, cuts) = Rfm.Score(values, RfmTieRule.CutPoints);
        var (ntile, ranks) = (Rfm.Score(values, RfmTieRule.Ntile).Scores, Rfm.Score(values, RfmTieRule.AverageRank).Scores);
        var entries = customers.Select((c, i) => new RfmEntry(c.Id, c.Values.RecencyDays, c.Values.Frequency, c.Amount, cutPoints[i].Code, ntile[i].Code, ranks[i].Code)).ToList();
        if (await store.AddMonthAsync(shop.Id, new RfmMonth(month, asOf, clock.GetUtcNow().WholeMillis(), cuts), entries, cancellation))
            log.RfmFrozen(shop.Id, month.ToString("yyyy-MM", CultureInfo.InvariantCulture), entries.Count);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stop = stoppingToken.Register(_stopping.Cancel);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.PollSeconds), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await RefreshAllAsync(stoppingToken);
    }

    /// <summary>What fails is logged and tried again at the next tick; one shop does not keep the others waiting.</summary>
    async Task RefreshAllAsync(CancellationToken cancellation)
    {
        try
        {
            foreach (var shop in await shops.ListShopsAsync(cancellation)) await RefreshAsync(shop, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.ShopsNotListed(e, options.Value.PollSeconds);
        }
    }

    async Task RefreshAsync(string id, CancellationToken cancellation)
    {
        try
        {
            var (shop, now) = ((await shops.FindShopAsync(id, cancellation))!, clock.GetUtcNow());
            if (await store.FindLatestAsync(id, Calendar.Forever, cancellation) is { } latest && now - latest.AsOf < TimeSpan.FromHours(options.Value.RefreshHours))
                await FreezeAsync(shop, now, cancellation);
            else
                await FitAsync(shop, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.ValueRefreshFailed(e, id, options.Value.PollSeconds);
        }
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }
}
