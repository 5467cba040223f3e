using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Perennial.Common.V1;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Tests;

/// <summary>The program killed in the middle of its work, again and again: nothing acknowledged is lost, nothing is doubled.</summary>
public sealed class CrashTests : IDisposable
{
    const int Kills = 6, Callers = 4, BatchSize = 50, Partitions = 4;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Killed_in_the_middle_of_commits_runs_and_merges_it_loses_and_doubles_nothing()
    {
        var sent = new HashSet<string>();
        var acknowledged = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            using var house = await ChildAsync();
            using var channel = GrpcChannel.ForAddress(house.Address);
            var client = new IngestionService.IngestionServiceClient(channel);
            await CreateShopAsync(client);
            // Another number of commits each time, so that the end falls into another piece of work.
            var left = 15 + 7 * kill;
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => LoadAsync(client, $"m{kill}-{caller}", sent, acknowledged, () =>
            {
                if (Interlocked.Decrement(ref left) == 0) house.Process.Kill();
            })));
            await house.Process.WaitForExitAsync(Cancel);
        }
        Assert.True(acknowledged.Count >= Kills * 14 * BatchSize);

        using var last = await ChildAsync();
        using var lastChannel = GrpcChannel.ForAddress(last.Address);
        var survivor = new IngestionService.IngestionServiceClient(lastChannel);
        foreach (var batch in sent.Chunk(500))
        {
            var answer = await survivor.RecordEventsAsync(Request(batch), cancellationToken: Cancel);
            Assert.All(answer.Results.Where(r => acknowledged.Contains(r.MessageId)), r => Assert.Equal(EventResult.Types.Outcome.Duplicate, r.Outcome));
            Assert.Equal(0, answer.RefusedCount);
        }
        var logged = await ReadAllAsync(survivor);
        Assert.Equal(sent.Count, logged.Count);
        Assert.Equal(sent.Order(StringComparer.Ordinal), logged.Order(StringComparer.Ordinal));
        last.Process.Kill();
        await last.Process.WaitForExitAsync(Cancel);
        await EveryCustomerIsFoundAsync(sent.Count);
    }

    /// <summary>Through the runs that were half written and half merged, and what no run had yet.</summary>
    async Task EveryCustomerIsFoundAsync(int sent)
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
        Assert.Equal(sent, found);
    }

    /// <summary>Sends until the house is gone.</summary>
    static async Task LoadAsync(IngestionService.IngestionServiceClient client, string name, HashSet<string> sent, HashSet<string> acknowledged, Action answered)
    {
        for (var i = 0; ; i++)
        {
            string[] ids = [.. Enumerable.Range(0, BatchSize).Select(n => $"{name}-{i}-{n}")];
            lock (sent) sent.UnionWith(ids);
            try
            {
                await client.RecordEventsAsync(Request(ids), deadline: DateTime.UtcNow + Patience, cancellationToken: Cancel);
            }
            catch (RpcException)
            {
                return;
            }
            lock (acknowledged) acknowledged.UnionWith(ids);
            answered();
        }
    }

    static RecordEventsRequest Request(IEnumerable<string> ids) => new() { Shop = IngestionHouse.Shop, Events = { ids.Select(id => new Event { MessageId = id, UserId = CustomerOf(id), PageViewed = new PageViewed { Name = "Home" } }) } };

    // The last part of the id: each of a batch has another customer, and all batches have the same.
    static string CustomerOf(string id) => "u" + id[(id.LastIndexOf('-') + 1)..];

    static async Task CreateShopAsync(IngestionService.IngestionServiceClient client)
        => await client.CreateShopAsync(new CreateShopRequest { Shop = IngestionHouse.Shop, TimeZone = "Europe/London", CurrencyCode = "GBP" }, cancellationToken: Cancel);

    static async Task<List<string>> ReadAllAsync(IngestionService.IngestionServiceClient client)
    {
        var ids = new List<string>();
        foreach (var partition in (await client.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: Cancel)).Partitions)
        {
            using var call = client.ReadFeed(new ReadFeedRequest { Partition = partition.Partition }, cancellationToken: Cancel);
            await foreach (var page in call.ResponseStream.ReadAllAsync(Cancel)) ids.AddRange(page.Events.Where(e => e.Customer.Length > 0).Select(e => e.Event.MessageId));
        }
        return ids;
    }

    /// <summary>With sets so small that every few batches make a run, and merges go on all the time.</summary>
    async Task<Child> ChildAsync()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "--port", port.ToString(CultureInfo.InvariantCulture), "--data", _folder, "--Ingestion:KeySetMax=1000", "--Logging:LogLevel:Default=None"]))!;
        var waited = Stopwatch.StartNew();
        while (!await AnswersAsync(port))
        {
            Assert.False(process.HasExited || waited.Elapsed > Patience, "the house does not start");
            await Task.Delay(20, Cancel);
        }
        return new Child(process, $"http://127.0.0.1:{port}");
    }

    static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, Cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    sealed record Child(Process Process, string Address) : IDisposable
    {
        public void Dispose()
        {
            if (!Process.HasExited) Process.Kill();
            Process.Dispose();
        }
    }
}
