using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests;

/// <summary>The house with a log that it keeps for thirty days.</summary>
public sealed class RetentionTests : IAsyncLifetime
{
    const int Old = 1_200;
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _house = await IngestionHouse.StartAsync("--Ingestion:Partitions=1", "--Ingestion:RetentionDays=30", "--Ingestion:RetentionPollSeconds=1", "--Ingestion:KeySetMax=1000");
        // The shop itself is old, too.
        await _house.ExecuteAsync("UPDATE event SET receive_time = 0");
    }

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task Old_events_go_once_every_reader_has_applied_them_and_stay_known()
    {
        await ReportAsync(0);
        await AppendOldAsync();
        await _house.RecordAsync(Some.Page("new"));
        await ReportAsync(500);
        Assert.Equal(500, await LowAsync(500));
        await ReportAsync(Old + 2);
        Assert.Equal(Old + 1, await LowAsync(Old + 1));

        // The first of what is kept stands on the settings of its shop.
        Assert.Equal([1L, Old + 2], (await ReadAsync(Old + 1)).Select(e => e.Position));
        Assert.Equal([Old + 2L], (await ReadAsync(Old + 1, "other", IngestionHouse.Shop)).Select(e => e.Position).Skip(1));
        Assert.Empty(await ReadAsync(Old + 2));
        Assert.Equal(2, (await _house.RecordAsync(Some.Page("old-0"), Some.Page("old-1199"))).DuplicateCount);
    }

    [Fact]
    public async Task A_start_before_the_kept_part_is_told_where_it_begins()
    {
        await AppendOldAsync();
        Assert.Equal(Old + 1, await LowAsync(Old + 1));

        foreach (var name in (string[])["", "late"])
        {
            var (code, reason, metadata) = await IngestionHouse.RefusalAsync(() => ReadAsync(Old, name));
            Assert.Equal((StatusCode.OutOfRange, "POSITION_NOT_KEPT", "1201"), (code, reason, metadata["low_position"]));
        }
        Assert.Empty((await _house.Client.ListReadersAsync(new ListReadersRequest(), cancellationToken: Cancel)).Readers);
    }

    async Task AppendOldAsync()
    {
        var log = _house.App.Services.GetRequiredService<LogStore>();
        await log.AppendAsync([.. Enumerable.Range(0, Old).Select(i => Some.LogEvent($"old-{i}", 0, IngestionHouse.Shop) with { ReceiveTime = Some.Instant.AddDays(-31), Payload = Some.Page($"old-{i}").ToByteArray() })], Cancel);
    }

    async Task ReportAsync(long position)
        => await _house.Client.ReportReaderAsync(new ReportReaderRequest { Reader = "segmentation", Positions = { new ReaderPosition { Position = position } } }, cancellationToken: Cancel);

    /// <summary>The low mark, once it is there.</summary>
    async Task<long> LowAsync(long expected)
    {
        var lows = _house.App.Services.GetRequiredService<LowMarks>();
        await Eventually.IsTrueAsync(async () => await lows.ReadAsync(0, Cancel) >= expected, $"retention has come to {expected}");
        return await lows.ReadAsync(0, Cancel);
    }

    async Task<List<Perennial.Common.V1.RecordedEvent>> ReadAsync(long after, string reader = "", string shop = "")
    {
        using var call = _house.Client.ReadFeed(new ReadFeedRequest { AfterPosition = after, Reader = reader, Shop = shop }, cancellationToken: Cancel);
        var events = new List<Perennial.Common.V1.RecordedEvent>();
        await foreach (var page in call.ResponseStream.ReadAllAsync(Cancel)) events.AddRange(page.Events);
        return events;
    }
}
