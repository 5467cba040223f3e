using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Load.Log;
using Perennial.Segmentation.V1;

namespace Perennial.Load.Segmentation;

/// <summary>A midnight at which many customers change by the clock alone, while others do things.</summary>
static class Sweep
{
    const int PageSize = 1_000, OrdersPerHundred = 10;
    const double SecondsMax = 2;
    static readonly TimeSpan Before = TimeSpan.FromSeconds(20), Warm = TimeSpan.FromSeconds(12), After = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromMilliseconds(500);

    public static async Task MeasureAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        var day = Enumerable.Range(0, LogSpec.SaleDays).FirstOrDefault(d => LogSpec.Midnight(d) - Before > store.Now, -1);
        if (day < 0) throw new ArgumentException($"all {LogSpec.SaleDays} midnights of this store are over: --rebuild makes a new one");
        if (settings.Compare) Compare(settings, store, findings);
        var known = await DrainAsync(settings, store);
        await using var house = await LoadedHouse.StartAsync(store, settings, LogSpec.Midnight(day) - Before);
        await WatchAsync(settings, house, day, known, findings);
    }

    static async Task WatchAsync(SegmentationSettings settings, LoadedHouse house, int day, long known, Findings findings)
    {
        var midnight = LogSpec.Midnight(day);
        using var stop = new CancellationTokenSource();
        var arrivals = new Arrivals(house, day);
        var watching = arrivals.WatchAsync(known, stop.Token);
        var traffic = new LiveTraffic(house.Log, house.Store.Log, () => house.Now, Draw, (e, _) => Visibility.ShowsAsync(house, e));
        house.Service.Mark();
        var seen = await traffic.RunAsync(settings.Rate, midnight - house.Now + After);
        var cores = house.Service.Cores();
        await stop.CancelAsync();
        await watching;

        findings.AddAtLeast(house.Store.Log.Due, "customers of the sale that changed", arrivals.OfSale, "");
        findings.Add("customers that changed", arrivals.All, "");
        findings.Add("first after midnight", arrivals.First.TotalSeconds, "s");
        findings.AddAtMost(SecondsMax, "last after midnight", arrivals.Last.TotalSeconds, "s");
        findings.AddRatios(arrivals.Last.TotalSeconds, "s");
        findings.Add("service: processor, all the while", cores, "cores");
        var during = seen.Where(s => s.At >= midnight && s.At <= midnight + arrivals.Last).ToList();
        findings.Add("accepted to visible, before midnight", Seen.Of(seen.Where(s => s.At >= midnight - Before + Warm && s.At < midnight)));
        findings.Add("orders watched during the sweep", during.Count, "");
        findings.Add("accepted to visible, during the sweep", Seen.Of(during), p99Max: 250);
        findings.AddAtMost(500, "service: resident memory", house.Service.Memory().Resident, "MB");
    }

    static void Compare(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        using var folder = new BareFolder(settings.Data);
        using var bare = new BareStore(folder.Path, store.Log.Customers);
        findings.AddCeiling($"{store.Log.Due:N0} rows updated and noted in SQLite", bare.Move(store.Log.Due).TotalSeconds, "s");
    }

    /// <summary>Lets the house catch up and reads the feed until nothing more comes; answers where it ends.</summary>
    static async Task<long> DrainAsync(SegmentationSettings settings, StoreFolder store)
    {
        await using var house = await LoadedHouse.StartAsync(store, settings, store.Now);
        await CatchUp.FinishAsync(house);
        for (var known = 0L; ; await Task.Delay(Pause))
        {
            var before = known;
            using var call = house.Clients[0].ReadTransitions(new ReadTransitionsRequest { Shop = LogSpec.Shop, AfterPosition = known, PageSize = PageSize });
            await foreach (var page in call.ResponseStream.ReadAllAsync()) known = Math.Max(known, page.NextPosition);
            if (known == before) return known;
        }
    }

    // More orders than usual: they are what is watched.
    static EventKind Draw(Random random) => random.Next(100) < OrdersPerHundred ? EventKind.Ordered : EventKind.PageViewed;

    /// <summary>The changes of one midnight as they appear in the feed.</summary>
    sealed class Arrivals(LoadedHouse house, int day)
    {
        readonly HashSet<int> _ofSale = [];
        readonly Timestamp _midnight = LogSpec.Midnight(day).ToTimestamp();

        public int All { get; private set; }
        public int OfSale => _ofSale.Count;
        public TimeSpan First { get; private set; }
        public TimeSpan Last { get; private set; }

        public async Task WatchAsync(long after, CancellationToken stop)
        {
            try
            {
                using var call = house.Clients[0].ReadTransitions(new ReadTransitionsRequest { Shop = LogSpec.Shop, AfterPosition = after, Follow = true, PageSize = PageSize }, cancellationToken: stop);
                await foreach (var page in call.ResponseStream.ReadAllAsync(stop))
                {
                    foreach (var transition in page.Transitions) Take(transition, house.Now - LogSpec.Midnight(day));
                }
            }
            catch (Exception e) when (stop.IsCancellationRequested && e is RpcException or OperationCanceledException)
            {
                // The time is over.
            }
        }

        void Take(Transition transition, TimeSpan arrived)
        {
            if (transition.Model != "clc" || transition.Cause?.Kind != StageCause.Types.Kind.Clock || !_midnight.Equals(transition.EffectiveTime)) return;
            if (All++ == 0) First = arrived;
            Last = arrived;
            var customer = LogSpec.CustomerOf(transition.Customer);
            if (house.Store.Log.IsOfSale(customer, day)) _ofSale.Add(customer);
        }
    }
}
