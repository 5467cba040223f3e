using Grpc.Core;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Tests.Api;

public sealed class DeleteReaderTests : IAsyncLifetime
{
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync();

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task Forgets_the_reader_of_that_shop_and_again_nothing()
    {
        foreach (var shop in (string[])["", IngestionHouse.Shop])
            await _house.Client.ReportReaderAsync(new ReportReaderRequest { Shop = shop, Reader = "export" }, cancellationToken: Cancel);

        for (var time = 0; time < 2; time++)
            await _house.Client.DeleteReaderAsync(new DeleteReaderRequest { Shop = IngestionHouse.Shop, Reader = "export" }, cancellationToken: Cancel);

        Assert.Equal("", Assert.Single((await _house.Client.ListReadersAsync(new ListReadersRequest(), cancellationToken: Cancel)).Readers).Shop);
    }

    [Fact]
    public async Task Refuses_what_cannot_be()
    {
        async Task<(StatusCode, string)> RefusalAsync(string shop, string name, params Metadata.Entry[] headers)
        {
            var (code, reason, _) = await IngestionHouse.RefusalAsync(async () => await _house.Client.DeleteReaderAsync(new DeleteReaderRequest { Shop = shop, Reader = name }, [.. headers], cancellationToken: Cancel));
            return (code, reason);
        }

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT"), await RefusalAsync("", "No Name"));
        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND"), await RefusalAsync("nowhere", "export"));
        Assert.Equal((StatusCode.PermissionDenied, "SHOP_MISMATCH"), await RefusalAsync("", "segmentation", new Metadata.Entry("perennial-shop", IngestionHouse.Shop)));
    }
}
