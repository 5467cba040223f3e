using Perennial.Common.V1;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests;

/// <summary>The program killed while it moves history: every event ends once at whom it belongs to.</summary>
public sealed class ReattributionCrashTests : IDisposable
{
    const int Events = 1_000;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    Task<ChildHouse> HouseAsync() => ChildHouse.Start(0, null, "--data", _folder, "--Ingestion:ReattributeEventsMax=1").ListensAsync();

    [Fact]
    public async Task Killed_again_and_again_in_the_middle_of_a_move_it_goes_on_where_it_was()
    {
        using (var house = await HouseAsync())
        {
            await house.Client.CreateShopAsync(Some.NewShop(), cancellationToken: Cancel);
            await RecordAsync(house, [.. Enumerable.Range(0, Events).Select(i => Page($"v{i}", "", "v")), .. Enumerable.Range(0, Events).Select(i => Page($"l{i}", "left", "")), Page("r", "right", "")]);
            await RecordAsync(house, Page("login", "visited", "v"));
            await CutOffAsync(house, 3, client => MergeAsync(client));
        }
        for (var step = 0; step < 4; step++)
        {
            using var house = await HouseAsync();
            await CutOffAsync(house, 10 + 15 * step, _ => Task.CompletedTask);
        }
        using var last = await HouseAsync();
        var before = await HeadAsync(last.Client);
        Assert.Equal(Events, (await MergeAsync(last.Client)).MovedEventCount);
        Assert.True(before < await HeadAsync(last.Client), "it was killed too late to prove anything");

        var current = new Dictionary<string, List<string>>();
        foreach (var e in await last.Client.ReadAllAsync())
        {
            if (e.Event.CustomerReset is not null) current.Remove(e.Customer);
            else (current.TryGetValue(e.Customer, out var events) ? events : current[e.Customer] = []).Add(e.Event.MessageId);
        }
        Assert.Equal(["user:right", "user:visited"], current.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(0, Events).Select(i => $"l{i}").Append("r").Order(StringComparer.Ordinal), current["user:right"].Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(0, Events).Select(i => $"v{i}").Append("login").Order(StringComparer.Ordinal), current["user:visited"].Order(StringComparer.Ordinal));
        await last.KilledAsync();
    }

    /// <summary>Kills it once so many more events are in the log, or when there is nothing more to come.</summary>
    static async Task CutOffAsync(ChildHouse house, int growth, Func<IngestionService.IngestionServiceClient, Task> call)
    {
        var running = call(house.Client);
        var (start, patience) = (await HeadAsync(house.Client), 200);
        while (await HeadAsync(house.Client) < start + growth && patience-- > 0) await Task.Delay(1, Cancel);
        await house.KilledAsync(running);
    }

    static async Task<long> HeadAsync(IngestionService.IngestionServiceClient client) => (await client.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: Cancel)).Partitions.Sum(p => p.HeadPosition);

    static async Task<IdentityChange> MergeAsync(IngestionService.IngestionServiceClient client) => await client.MergeCustomersAsync(new MergeCustomersRequest
    {
        Shop = IngestionHouse.Shop,
        FromCustomer = "user:left",
        ToCustomer = "user:right",
        Actor = "ann",
        Reason = "one person",
        RequestId = "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    }, deadline: DateTime.UtcNow + Patience, cancellationToken: Cancel);

    static Event Page(string message, string user, string visitor) => new() { MessageId = message, UserId = user, AnonymousId = visitor, PageViewed = new PageViewed { Name = "Home" } };

    static async Task RecordAsync(ChildHouse house, params Event[] events)
        => await house.Client.RecordEventsAsync(new RecordEventsRequest { Shop = IngestionHouse.Shop, Events = { events } }, cancellationToken: Cancel);
}
