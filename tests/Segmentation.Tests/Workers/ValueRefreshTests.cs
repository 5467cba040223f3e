using Perennial.Segmentation.V1;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests.Workers;

public sealed class ValueRefreshTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static async Task<int> RevisionsAsync(SegmentationHouse house)
        => (await new ValueService.ValueServiceClient(house.Invoker).ListValueModelsAsync(new ListValueModelsRequest { Shop = "tea" }, cancellationToken: Cancellation)).ValueModels.Count;

    [Fact]
    public async Task Fits_by_itself_and_not_again_before_it_is_due()
    {
        await using var house = await SegmentationHouse.StartAsync("--Value:PollSeconds=1");
        house.Announce("tea", "Europe/London", "GBP");
        house.Record("tea", "user:a", "2024-05-01T10:00:00Z", Said.Ordered("a1", 10));
        await house.CatchUpAsync();
        await Eventually.IsTrueAsync(async () => await RevisionsAsync(house) > 0, "a revision by schedule");
        house.Announce("later", "Europe/London", "GBP");
        house.Record("later", "user:a", "2024-05-01T10:00:00Z", Said.Ordered("a1", 10));
        await house.CatchUpAsync();
        var client = new ValueService.ValueServiceClient(house.Invoker);
        // By the time the later shop has its revision, the first one was looked at again.
        await Eventually.IsTrueAsync(async () => (await client.ListValueModelsAsync(new ListValueModelsRequest { Shop = "later" }, cancellationToken: Cancellation)).ValueModels.Count > 0, "a revision of the later shop");
        Assert.Equal(1, await RevisionsAsync(house));
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_a_fit()
    {
        await using var house = await SegmentationHouse.StartAsync();
        house.Announce("tea", "Europe/London", "GBP");
        for (var i = 0; i < 400; i++) house.Record("tea", $"user:{i % 150}", $"2024-0{1 + i % 5}-{1 + i % 28:00}T10:00:00Z", Said.Ordered($"o{i}", 10));
        await house.CatchUpAsync();
        var client = new ValueService.ValueServiceClient(house.Invoker);
        var models = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => await client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "tea" }, cancellationToken: Cancellation)));
        Assert.InRange(await RevisionsAsync(house), 1, 7);
        Assert.Equal(await RevisionsAsync(house), models.Max(m => m.Revision));
    }
}
