using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Workers;

/// <summary>Fits the models of every shop on schedule, and of one on demand, and learns what customers are measured against.</summary>
internal sealed class ValueRefresh : RecurringWork
{
    readonly SegmentationStore _shops;
    readonly ValueStore _store;
    readonly RfmMonths _months;
    readonly Bell _bell;
    readonly Metrics _metrics;
    readonly ValueOptions _options;
    readonly ILogger _log;
    readonly ConcurrentDictionary<(string Shop, DateTimeOffset? AsOf), Lazy<Task<ValueRevision>>> _running = new();

    /// <summary>Shops whose fit somebody has asked for.</summary>
    readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.Ordinal);
    readonly CancellationTokenSource _stopping = new();

    public ValueRefresh(
        SegmentationStore shops, ValueStore store, RfmMonths months, Bell bell, Metrics metrics, HealthState health, TimeProvider clock, IOptions<ValueOptions> options, ILogger<ValueRefresh> log)
        : base(TimeSpan.FromSeconds(options.Value.PollSeconds), clock)
    {
        (_shops, _store, _months, _bell, _metrics, _options, _log) = (shops, store, months, bell, metrics, options.Value, log);
        health.AddCheck("value models", () => _options.IsOverdue(DoneTime, Clock.GetUtcNow()) ? $"not every shop's were seen to since {DoneTime.ToText()}" : null);
    }

    /// <summary>
    /// Fits a shop's models as of now and freezes the latest month that is over; those before follow. Of callers at the same time all wait for one fit; it goes on when they
    /// leave, as others may wait for it too.
    /// </summary>
    /// <param name="asOf">An instant in the past, whose orders are fitted and no others; nothing else is learnt from it. Null means now.</param>
    public async Task<ValueRevision> FitAsync(Shop shop, DateTimeOffset? asOf, CancellationToken cancellation)
    {
        if (asOf is null) _asked[shop.Id] = true;
        return await ShareAsync(shop, asOf, cancellation);
    }

    async Task<ValueRevision> ShareAsync(Shop shop, DateTimeOffset? asOf, CancellationToken cancellation)
        => await _running.GetOrAdd((shop.Id, asOf), _ => new(() => RunAsync(shop, asOf, _stopping.Token))).Value.WaitAsync(cancellation);

    async Task<ValueRevision> RunAsync(Shop shop, DateTimeOffset? past, CancellationToken cancellation)
    {
        // Off the caller's thread: a fit computes for seconds.
        await Task.Yield();
        try
        {
            var (started, asOf) = (Clock.GetTimestamp(), past ?? Clock.GetUtcNow().WholeMillis());
            var (sample, population) = await SampleAsync(shop, asOf, cancellation);
            var model = sample.Fit(_options.LapseLevel);
            var gaps = sample.Gaps.Analyse(_options.HorizonDays, _options.LapseLevel);
            var created = Clock.GetUtcNow().WholeMillis();
            var number = await _shops.AddValuesAsync(shop, asOf, created, gaps, model, cancellation);
            var duration = Clock.GetElapsedTime(started);
            _metrics.Fitted(duration);
            _log.ValueModelsFitted(shop.Id, number, model.Customers, duration.TotalMilliseconds, model.Chosen?.ToString() ?? "none", model.Why);
            _bell.Ring();
            if (past is null) await LearnAllAsync(shop, population.Learn(gaps), created, cancellation);
            return new ValueRevision(number, asOf, created, gaps, model);
        }
        finally
        {
            _running.TryRemove((shop.Id, past), out _);
        }
    }

    async Task LearnAllAsync(Shop shop, Population? learned, DateTimeOffset now, CancellationToken cancellation)
    {
        if (learned is not null) await LearnAsync(shop, learned, overHand: false, cancellation);
        await _shops.CountTopSpendAsync(shop, now, cancellation);
        _bell.Ring();
        if (_asked.TryRemove(shop.Id, out _)) await _months.BeginAsync(shop, cancellation);
    }

    /// <summary>Learns what customers are measured against as of now, in the place of whatever is set; null where nobody has bought.</summary>
    public async Task<PopulationState?> LearnAsync(Shop shop, CancellationToken cancellation)
    {
        var (values, population) = await SampleAsync(shop, Clock.GetUtcNow().WholeMillis(), cancellation);
        var gaps = values.Gaps.Analyse(_options.HorizonDays, _options.LapseLevel);
        return population.Learn(gaps) is { } learned ? await LearnAsync(shop, learned, overHand: true, cancellation) : null;
    }

    async Task<PopulationState> LearnAsync(Shop shop, Population learned, bool overHand, CancellationToken cancellation)
    {
        var state = await _shops.LearnPopulationAsync(shop.Id, learned, overHand, Clock.GetUtcNow().WholeMillis(), cancellation);
        _log.PopulationLearned(shop.Id, state.Revision);
        _bell.Ring();
        return state;
    }

    /// <summary>Gaps of a shop's orders up to an instant.</summary>
    public async Task<OrderGaps> GapsAsync(Shop shop, DateTimeOffset asOf, CancellationToken cancellation) => (await SampleAsync(shop, asOf, cancellation)).Values.Gaps;

    async Task<(ValueSample Values, PopulationSample Population)> SampleAsync(Shop shop, DateTimeOffset asOf, CancellationToken cancellation)
    {
        var today = Calendar.DateOf(asOf, shop.Zone).DayNumber;
        var (values, population) = (new ValueSample(today, _options.HorizonDays), new PopulationSample(asOf, today));
        await foreach (var (_, buyer, _) in _shops.BuyersAsync(shop, asOf, cancellation))
        {
            values.Add(buyer.Orders);
            population.Add(buyer);
        }
        return (values, population);
    }

    protected override void Say(Exception failure) => _log.ValueRefreshStuck(failure, _options.PollSeconds);

    protected override Task WorkAsync(CancellationToken cancellation) => _shops.ForEachShopAsync(RefreshAsync, _log, cancellation);

    async Task RefreshAsync(Shop shop, CancellationToken cancellation)
    {
        if (await _store.FindLatestAsync(shop.Id, Calendar.Forever, cancellation) is { } latest && Clock.GetUtcNow() - latest.AsOf < TimeSpan.FromHours(_options.RefreshHours)) return;
        await ShareAsync(shop, null, cancellation);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }
}
