using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Workers;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Workers;

public sealed class PreviewingTests : IAsyncLifetime
{
    static readonly DateTimeOffset Now = Utc("2024-06-30T12:00:00Z");

    readonly ManualClock _clock = new(Now);
    readonly Bell _bell = new();
    readonly Metrics _metrics = new();
    TestStore _test = null!;
    SegmentationStore _store = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await TestStore.SqliteAsync(Program.House);
        _store = new SegmentationStore(_test.Database);
        await _store.ApplyAsync(new EventBatch(0, 0, 1, [new ShopSettings("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch), new ShopSettings("mugs", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], [.. Buyers("tea"), .. Buyers("mugs")]), Now, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _bell.Dispose();
        _metrics.Dispose();
        await _test.DisposeAsync();
    }

    static IEnumerable<Sighting> Buyers(string shop) => Enumerable.Range(1, 5).Select(n => new Sighting(shop, $"user:{n}", true, Utc("2024-06-01"), new Fact(FactKind.Ordered, Utc("2024-06-01"), $"m{n}", $"o{n}", 10, "")));

    async Task AddAsync(string shop, string id)
    {
        var order = new PreviewOrder(PreviewedModel.Of(Clc), PreviewedModel.Of(Clc), Utc("2024-05-01"), Now, false, []);
        Assert.Equal(PreviewRefusal.None, (await _store.AddPreviewAsync((await _store.FindShopAsync(shop, Cancellation))!, id, "asked", order, 10, Now, Cancellation)).Refusal);
    }

    Task SpoilAsync(string shop)
        => _test.Database.WriteAsync(write => write.Connection.ExecuteAsync("UPDATE customer SET record = @none WHERE customer = 'user:3' AND shop = (SELECT number FROM shop WHERE shop = @shop)", new { none = Array.Empty<byte>(), shop }, write.Transaction), Cancellation);

    /// <summary>Runs the worker until the preview is in that state, ringing so that no pause is waited for.</summary>
    async Task RunAsync(string shop, string id, PreviewState? state)
    {
        var options = Options.Create(new PreviewOptions { StepSize = 2, LookSeconds = 3_600, KeepDays = 30 });
        using var worker = new Previewing(_store, _bell, _metrics, _clock, options, NullLogger<Previewing>.Instance);
        await worker.StartAsync(Cancellation);
        await Eventually.IsTrueAsync(async () =>
        {
            _bell.Ring();
            return (await _store.FindPreviewAsync(shop, id, Cancellation))?.State == state;
        }, $"{id} is {state}");
        await worker.StopAsync(Cancellation);
    }

    [Fact]
    public async Task What_cannot_be_evaluated_fails_and_others_are_done()
    {
        await SpoilAsync("tea");
        await AddAsync("tea", "spoilt");
        await AddAsync("mugs", "sound");
        await RunAsync("tea", "spoilt", PreviewState.Failed);
        var spoilt = (await _store.FindPreviewAsync("tea", "spoilt", Cancellation))!;
        Assert.Equal((2, Now), (spoilt.Done, spoilt.EndTime));
        Assert.Equal("The customers behind the first 2 could not be evaluated; the log of this house says why.", spoilt.Failure);
        await RunAsync("mugs", "sound", PreviewState.Done);
        Assert.Equal(5, (await _store.FindPreviewAsync("mugs", "sound", Cancellation))!.Sums!.Customers);
    }

    [Fact]
    public async Task Old_previews_are_removed()
    {
        await AddAsync("tea", "p");
        await RunAsync("tea", "p", PreviewState.Done);
        _clock.Advance(TimeSpan.FromDays(30) + TimeSpan.FromMilliseconds(1));
        await RunAsync("tea", "p", null);
    }
}
