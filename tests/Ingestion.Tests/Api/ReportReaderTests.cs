using Grpc.Core;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Tests.Api;

public sealed class ReportReaderTests : IAsyncLifetime
{
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync("--Ingestion:Partitions=2", "--Ingestion:ReadersMax=2");

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task Registers_a_reader_and_moves_it_on()
    {
        await _house.RecordAsync([.. Enumerable.Range(0, 40).Select(i => Some.Page($"m{i}", $"u{i}"))]);
        await ReportAsync("segmentation", (0, 2), (1, 3), (0, 5));
        await ReportAsync("segmentation", (1, 1));

        var reader = Assert.Single((await _house.Client.ListReadersAsync(new ListReadersRequest(), cancellationToken: Cancel)).Readers);
        Assert.Equal(("", "segmentation"), (reader.Shop, reader.Reader_));
        Assert.Equal([(0, 5L), (1, 3L)], reader.Partitions.Select(p => (p.Partition, p.Position)));
        Assert.Equal(42 - 8, reader.LagEvents);
        Assert.InRange(reader.ReportTime.ToDateTimeOffset(), Some.Instant, Some.Instant.AddMinutes(5));
    }

    [Fact]
    public async Task Refuses_what_cannot_be()
    {
        var (code, reason, metadata) = await RefusalAsync("segmentation", (2, 0));
        Assert.Equal((StatusCode.OutOfRange, "PARTITION_NOT_FOUND", "2"), (code, reason, metadata["partitions"]));
        (code, reason, _) = await RefusalAsync("segmentation", (-1, 0));
        Assert.Equal((StatusCode.OutOfRange, "PARTITION_NOT_FOUND"), (code, reason));
        (code, reason, metadata) = await RefusalAsync("segmentation", (0, 1), (1, 2));
        Assert.Equal((StatusCode.OutOfRange, "POSITION_AHEAD_OF_LOG", "1"), (code, reason, metadata["head_position"]));
        (code, reason, _) = await RefusalAsync("segmentation", (0, -1));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT"), (code, reason));
        Assert.Empty((await _house.Client.ListReadersAsync(new ListReadersRequest(), cancellationToken: Cancel)).Readers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Segmentation")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task A_name_has_letters_digits_and_hyphens(string name)
    {
        var (code, reason, _) = await RefusalAsync(name);

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT"), (code, reason));
    }

    [Fact]
    public async Task A_new_name_beyond_the_limit_is_refused_and_the_others_go_on()
    {
        await ReportAsync("one");
        await ReportAsync("two");
        Assert.Equal(StatusCode.InvalidArgument, (await RefusalAsync("three")).Code);
        var (code, _, _) = await IngestionHouse.RefusalAsync(async () =>
        {
            using var call = _house.Client.ReadFeed(new ReadFeedRequest { Reader = "three" }, cancellationToken: Cancel);
            await call.ResponseStream.MoveNext(Cancel);
        });
        Assert.Equal(StatusCode.InvalidArgument, code);
        await ReportAsync("two", (0, 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("other")]
    public async Task A_tenant_reports_for_no_other_shop_and_not_for_all(string named)
    {
        var (code, reason, _) = await IngestionHouse.RefusalAsync(async () => await _house.Client.ReportReaderAsync(new ReportReaderRequest { Shop = named, Reader = "mine" }, new Metadata { { "perennial-shop", IngestionHouse.Shop } }, cancellationToken: Cancel));

        Assert.Equal((StatusCode.PermissionDenied, "SHOP_MISMATCH"), (code, reason));
    }

    [Fact]
    public async Task An_unknown_shop_has_no_readers()
    {
        var (code, reason, _) = await IngestionHouse.RefusalAsync(async () => await _house.Client.ReportReaderAsync(new ReportReaderRequest { Shop = "nowhere", Reader = "mine" }, cancellationToken: Cancel));

        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND"), (code, reason));
    }

    async Task ReportAsync(string name, params (int Partition, long Position)[] positions) => await _house.Client.ReportReaderAsync(Request(name, positions), cancellationToken: Cancel);

    Task<(StatusCode Code, string Reason, IReadOnlyDictionary<string, string> Metadata)> RefusalAsync(string name, params (int Partition, long Position)[] positions)
        => IngestionHouse.RefusalAsync(() => ReportAsync(name, positions));

    static ReportReaderRequest Request(string name, (int Partition, long Position)[] positions)
        => new() { Reader = name, Positions = { positions.Select(p => new ReaderPosition { Partition = p.Partition, Position = p.Position }) } };
}
