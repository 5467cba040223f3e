using Perennial.Common.V1;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests;

/// <summary>The program killed while it erases: it goes on where it was, erases everything, and what remains is recorded once.</summary>
public sealed class ErasureCrashTests : IDisposable
{
    const int Orders = 2_400;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    Task<ChildHouse> HouseAsync() => ChildHouse.Start(0, null, "--data", _folder, "--Ingestion:ReattributeEventsMax=1").ListensAsync();

    [Fact]
    public async Task Killed_again_and_again_it_erases_all_of_a_person_and_records_what_remains_once()
    {
        using (var house = await HouseAsync())
        {
            await house.Client.CreateShopAsync(Some.NewShop(), cancellationToken: Cancel);
            await house.Client.RecordEventsAsync(new RecordEventsRequest { Shop = IngestionHouse.Shop, Events = { Enumerable.Range(0, Orders).Select(i => Some.Order($"o{i}", "ann")).Append(Some.Order("other", "bob")) } }, cancellationToken: Cancel);
            await CutOffAsync(house, TimeSpan.FromMilliseconds(30));
        }
        for (var life = 1; life <= 4; life++)
        {
            using var house = await HouseAsync();
            await CutOffAsync(house, TimeSpan.FromMilliseconds(15 * life));
        }
        using var last = await HouseAsync();
        Assert.True((await last.Client.ReadAllAsync()).Exists(e => e.Event.UserId == "ann"), "it was killed too late to prove anything");
        var erasure = await EraseAsync(last.Client);

        Assert.Equal(Orders, erasure.EventCount);
        var all = await last.Client.ReadAllAsync();
        Assert.DoesNotContain(all, e => e.Event.UserId == "ann");
        Assert.Equal(Orders, all.Count(e => e.Customer == erasure.Remains && e.Event.OrderCompleted is not null));
        Assert.Single(all, e => e.Customer == erasure.Remains && e.Event.CustomerErased is not null);
        Assert.Single(all, e => e.Customer == "user:bob");
        await last.KilledAsync();
    }

    /// <summary>Kills it while the call, which asks for the same again, waits.</summary>
    static async Task CutOffAsync(ChildHouse house, TimeSpan life)
    {
        var erasing = EraseAsync(house.Client);
        await Task.Delay(life, Cancel);
        await house.KilledAsync(erasing);
    }

    static async Task<Erasure> EraseAsync(IngestionService.IngestionServiceClient client)
        => await client.EraseCustomerAsync(new EraseCustomerRequest { Shop = IngestionHouse.Shop, Customer = "user:ann", Actor = "dpo", Reason = "request 7" }, deadline: DateTime.UtcNow + Patience, cancellationToken: Cancel);
}
