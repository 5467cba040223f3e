using System.Diagnostics.Metrics;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Api;

public sealed class ListReadersTests : IAsyncLifetime
{
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync("--Ingestion:Partitions=1", "--Ingestion:ReaderPollSeconds=1");

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task Are_listed_by_name_in_pages()
    {
        foreach (var name in (string[])["c", "a", "e", "b", "d"]) await ReportAsync("", name);
        await ReportAsync(IngestionHouse.Shop, "c");

        var names = new List<string>();
        for (var token = ""; ;)
        {
            var page = await _house.Client.ListReadersAsync(new ListReadersRequest { PageSize = 2, PageToken = token }, cancellationToken: Cancel);
            names.AddRange(page.Readers.Select(r => r.Reader_ + "/" + r.Shop));
            if ((token = page.NextPageToken).Length == 0) break;
        }
        Assert.Equal(["a/", "b/", "c/", $"c/{IngestionHouse.Shop}", "d/", "e/"], names);
    }

    [Fact]
    public async Task A_shop_sees_its_own_and_those_of_every_shop()
    {
        await _house.CreateShopAsync("other");
        await ReportAsync("", "segmentation");
        await ReportAsync("other", "export");
        await ReportAsync(IngestionHouse.Shop, "export");

        var response = await _house.Client.ListReadersAsync(new ListReadersRequest { Shop = "other" }, new Metadata { { "perennial-shop", "other" } }, cancellationToken: Cancel);
        Assert.Equal([("other", "export"), ("", "segmentation")], response.Readers.Select(r => (r.Shop, r.Reader_)));
        var (code, reason, _) = await IngestionHouse.RefusalAsync(async () => await _house.Client.ListReadersAsync(new ListReadersRequest(), new Metadata { { "perennial-shop", "other" } }, cancellationToken: Cancel));
        Assert.Equal((StatusCode.PermissionDenied, "SHOP_MISMATCH"), (code, reason));
    }

    [Fact]
    public async Task A_stream_registers_its_reader_where_it_starts()
    {
        await _house.RecordAsync([.. Enumerable.Range(0, 9).Select(i => Some.Page($"m{i}"))]);
        using (var call = _house.Client.ReadFeed(new ReadFeedRequest { AfterPosition = 4, Reader = "export" }, cancellationToken: Cancel))
            await call.ResponseStream.MoveNext(Cancel);

        var reader = Assert.Single((await _house.Client.ListReadersAsync(new ListReadersRequest(), cancellationToken: Cancel)).Readers);
        Assert.Equal(("export", 6), (reader.Reader_, reader.LagEvents));
        Assert.Equal((4, 10), (reader.Partitions[0].Position, reader.Partitions[0].HeadPosition));
        Assert.InRange(reader.LagTime.ToTimeSpan(), TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.NotEqual(new Duration(), reader.LagTime);
    }

    [Fact]
    public async Task Their_lag_is_a_metric()
    {
        await _house.RecordAsync([.. Enumerable.Range(0, 9).Select(i => Some.Page($"m{i}"))]);
        await ReportAsync("", "dead");
        await ReportAsync(IngestionHouse.Shop, "export", 7);

        await Eventually.IsTrueAsync(() => Task.FromResult(Lags() is [("dead", "", 10), ("export", IngestionHouse.Shop, 3)]), "the lag of both is measured");
    }

    [Fact]
    public async Task Refuses_a_token_of_other_arguments_and_a_negative_size()
    {
        foreach (var name in (string[])["a", "b"]) await ReportAsync("", name);
        var token = (await _house.Client.ListReadersAsync(new ListReadersRequest { PageSize = 1 }, cancellationToken: Cancel)).NextPageToken;

        Assert.Equal("PAGE_TOKEN_INVALID", (await RefusalAsync(new ListReadersRequest { Shop = IngestionHouse.Shop, PageToken = token })).Reason);
        Assert.Equal("INVALID_ARGUMENT", (await RefusalAsync(new ListReadersRequest { PageSize = -1 })).Reason);
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(new ListReadersRequest { Shop = "nowhere" })).Reason);
    }

    Task<(StatusCode Code, string Reason, IReadOnlyDictionary<string, string> Metadata)> RefusalAsync(ListReadersRequest request)
        => IngestionHouse.RefusalAsync(async () => await _house.Client.ListReadersAsync(request, cancellationToken: Cancel));

    async Task ReportAsync(string shop, string name, long position = 0)
        => await _house.Client.ReportReaderAsync(new ReportReaderRequest { Shop = shop, Reader = name, Positions = { new ReaderPosition { Position = position } } }, cancellationToken: Cancel);

    /// <summary>Reader, shop and lag in events of each, as a collector would read them.</summary>
    (string, string, long)[] Lags()
    {
        var seen = new List<(string, string, long)>();
        var metrics = _house.App.Services.GetRequiredService<Metrics>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == metrics && instrument.Name == "perennial.ingestion.reader.lag") l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => seen.Add(((string)tags[0].Value!, (string)tags[1].Value!, value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return [.. seen];
    }
}
