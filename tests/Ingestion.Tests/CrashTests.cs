using System.Globalization;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests;

/// <summary>The program killed in the middle of its work, again and again on one folder: nothing acknowledged is lost, nothing is doubled.</summary>
public sealed class CrashTests : IDisposable
{
    const int Kills = 50, Callers = 4, BatchSize = 25, Partitions = 4, SeedOtherwise = 20_240_501;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
    readonly HashSet<string> _sent = [];
    readonly HashSet<string> _acknowledged = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Repeat a run with PERENNIAL_TEST_SEED; without it the lives are as long in every run.</summary>
    [Fact]
    public async Task Fifty_kills_at_random_instants_lose_and_double_nothing()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("PERENNIAL_TEST_SEED"), CultureInfo.InvariantCulture, out var chosen) ? chosen : SeedOtherwise;
        TestContext.Current.TestOutputHelper?.WriteLine($"PERENNIAL_TEST_SEED={seed}");
        var random = new Random(seed);
        for (var kill = 0; kill < Kills; kill++) await LiveAsync(kill, random);
        Assert.True(_acknowledged.Count >= Kills * BatchSize, $"only {_acknowledged.Count} events were acknowledged");

        using var last = await Start().ListensAsync();
        foreach (var batch in _sent.Chunk(2_500))
        {
            var answer = await last.Client.RecordEventsAsync(Request(batch), cancellationToken: Cancel);
            Assert.All(answer.Results.Where(r => _acknowledged.Contains(r.MessageId)), r => Assert.Equal(EventResult.Types.Outcome.Duplicate, r.Outcome));
            Assert.Equal(0, answer.RefusedCount);
        }
        var logged = await ReadIdsAsync(last.Client);
        Assert.Equal(_sent.Count, logged.Count);
        Assert.True(_sent.SetEquals(logged));
        await last.KilledAsync();
        await EveryCustomerIsFoundAsync();
    }

    /// <summary>Through the runs that were half written and half merged, and what no run had yet.</summary>
    async Task EveryCustomerIsFoundAsync()
    {
        await using var database = new SqliteDatabase(Program.House.Name, _folder);
        var log = new LogStore(database, Partitions);
        await log.OpenAsync(Cancel);
        var heads = await log.RefreshHeadsAsync(Cancel);
        var found = 0;
        for (var partition = 0; partition < Partitions; partition++)
        {
            var all = (await log.ReadAsync(partition, 0, heads[partition], null, int.MaxValue, Cancel)).Events.Where(e => e.Customer.Length > 0);
            foreach (var customer in all.GroupBy(e => e.Customer))
            {
                var events = await log.EventsOfAsync(partition, IngestionHouse.Shop, customer.Key, 0, int.MaxValue, Cancel);
                Assert.Equal(customer.Select(e => e.Position), events.Select(e => e.Position));
                found += events.Count;
            }
        }
        Assert.Equal(_sent.Count, found);
    }

    /// <summary>One life under load. Every fifth ends while it still starts, where it carries on what the one before left.</summary>
    async Task LiveAsync(int kill, Random random)
    {
        var (starting, life) = (kill % 5 == 4, random.Next(300));
        using var house = Start();
        if (starting)
        {
            await Task.Delay(2 * life, Cancel);
            await house.KilledAsync();
            return;
        }
        await house.ListensAsync();
        await house.Client.CreateShopAsync(Some.NewShop(), cancellationToken: Cancel);
        var load = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => LoadAsync(house.Client, $"m{kill}-{caller}")));
        await Task.Delay(life, Cancel);
        await house.KilledAsync();
        await load;
    }

    /// <summary>Sends until the house is gone.</summary>
    async Task LoadAsync(IngestionService.IngestionServiceClient client, string name)
    {
        for (var i = 0; ; i++)
        {
            string[] ids = [.. Enumerable.Range(0, BatchSize).Select(n => $"{name}-{i}-{n}")];
            lock (_sent) _sent.UnionWith(ids);
            try
            {
                await client.RecordEventsAsync(Request(ids), deadline: DateTime.UtcNow + Patience, cancellationToken: Cancel);
            }
            catch (RpcException)
            {
                return;
            }
            lock (_acknowledged) _acknowledged.UnionWith(ids);
        }
    }

    static RecordEventsRequest Request(IEnumerable<string> ids) => new() { Shop = IngestionHouse.Shop, Events = { ids.Select(id => new Event { MessageId = id, UserId = CustomerOf(id), PageViewed = new PageViewed { Name = "Home" } }) } };

    // The last part of the id: each of a batch has another customer, and all batches have the same.
    static string CustomerOf(string id) => "u" + id[(id.LastIndexOf('-') + 1)..];

    /// <summary>The message ids in the log; positions without a gap.</summary>
    static async Task<List<string>> ReadIdsAsync(IngestionService.IngestionServiceClient client)
    {
        var partitions = await client.ReadPartitionsAsync();
        Assert.All(partitions, events => Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Position)));
        return [.. partitions.SelectMany(events => events).Where(e => e.Customer.Length > 0).Select(e => e.Event.MessageId)];
    }

    /// <summary>With sets so small that every few batches make a run, and merges go on all the time.</summary>
    ChildHouse Start() => ChildHouse.Start(0, null, "--data", _folder, "--Ingestion:KeySetMax=1000");
}
