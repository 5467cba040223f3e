using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Foundation.Sql;
using Perennial.Gateway.Webhooks;
using Perennial.Gateway.Webhooks.Storage;
using Perennial.Testing;

namespace Perennial.Gateway.Tests.Webhooks;

/// <summary>A store, a feed and a receiver, for as many gateways as a test starts.</summary>
sealed class Platform : IAsyncDisposable
{
    internal static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    internal static readonly WebhookKey Hook = new(TestGateway.Shop, "hook");

    readonly TestStore _store;
    readonly FakeHouse _segmentation;
    readonly List<Replica> _replicas = [];

    Platform(TestStore store, FakeHouse segmentation, TransitionFeed feed, Receiver receiver)
        => (_store, _segmentation, Feed, Receiver, Webhooks) = (store, segmentation, feed, receiver, new WebhookStore(store.Database));

    public TransitionFeed Feed { get; }
    public Receiver Receiver { get; }
    public WebhookStore Webhooks { get; }
    public DeadLetterStore Letters => new(_store.Database);
    public LeaseStore Leases => new(_store.Database);
    public Database Database => _store.Database;
    public TimedClock Clock { get; } = new(Start);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Platform> StartAsync()
    {
        var feed = new TransitionFeed();
        return new Platform(await TestStore.SqliteAsync(Program.House), await FakeHouse.StartAsync(feed), feed, await Receiver.StartAsync());
    }

    public async Task<Webhook> AddAsync(string id = "hook", string path = "/hook", WebhookFilter? filter = null, string? url = null)
    {
        var webhook = new Webhook(new WebhookKey(TestGateway.Shop, id), url ?? Receiver.Url(path), filter ?? new WebhookFilter([], [])) { Secrets = Secrets.New(), CreateTime = Start, UpdateTime = Start };
        Assert.Equal(WebhookStore.Added.Yes, await Webhooks.AddAsync(webhook, 100, Cancel));
        return webhook;
    }

    /// <summary>A gateway as far as webhooks go, on the clock of the platform unless it has one of its own.</summary>
    public async Task<Replica> RunAsync(TimedClock? clock = null, params (string Name, string Value)[] settings)
    {
        var replica = new Replica(_store.OpenAnother(), _segmentation.Address, clock ?? Clock, settings);
        _replicas.Add(replica);
        await replica.StartAsync();
        return replica;
    }

    public async Task<Progress> ProgressAsync() => (await Webhooks.GetAsync(Hook, Cancel))!.Progress;

    public Task IsAsync(Func<Webhook, bool> condition, string what) => Eventually.IsTrueAsync(async () => condition((await Webhooks.GetAsync(Hook, Cancel))!), what);

    public Task ReachesAsync(long position) => IsAsync(w => w.Progress.Position == position, $"position {position}");

    /// <summary>Lets the time pass until the next attempt is due, and not a moment more.</summary>
    public async Task<TimeSpan> PassToNextAttemptAsync(int attempts)
    {
        await IsAsync(w => w.Progress.Attempts == attempts && w.Progress.NextAttemptTime is not null, $"{attempts} attempts failed");
        var due = (await ProgressAsync()).NextAttemptTime!.Value;
        await Eventually.IsTrueAsync(() => Task.FromResult(Clock.IsAwaited(due)), "somebody waits for the next attempt");
        var wait = due - Clock.GetUtcNow();
        Clock.Set(due);
        return wait;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas) await replica.DisposeAsync();
        await Receiver.DisposeAsync();
        await _segmentation.DisposeAsync();
        await _store.DisposeAsync();
    }
}

/// <summary>What a gateway runs for webhooks, without its doors.</summary>
sealed class Replica : IAsyncDisposable
{
    readonly ServiceProvider _services;
    bool _stopped;

    public Replica(Database database, string segmentation, TimedClock clock, (string Name, string Value)[] settings)
    {
        var values = settings.Select(s => KeyValuePair.Create("Webhooks:" + s.Name, (string?)s.Value)).ToDictionary();
        values.TryAdd("Webhooks:AllowPrivateAddresses", "true");
        values.TryAdd("Webhooks:JitterPercent", "0");
        values["Upstream:Segmentation"] = segmentation;
        var services = new ServiceCollection().AddLogging().AddOptions()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .AddCheckedOptions<UpstreamOptions>("Upstream").AddCheckedOptions<AccessOptions>("Access").AddCheckedOptions<GatewayOptions>("Gateway")
            .AddSingleton(database).AddSingleton<TimeProvider>(clock).AddSingleton<Channels>().AddSingleton<Houses>().AddSingleton<Metrics>().AddSingleton<Bodies>();
        services.AddWebhooks();
        _services = services.BuildServiceProvider();
    }

    public Deliveries Deliveries => _services.GetRequiredService<Deliveries>();

    public Task StartAsync() => Deliveries.StartAsync(TestContext.Current.CancellationToken);

    public async Task StopAsync()
    {
        if (_stopped) return;
        _stopped = true;
        await Deliveries.StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
    }
}
