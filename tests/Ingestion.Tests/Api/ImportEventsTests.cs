using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Tests.Api;

public sealed class ImportEventsTests : IAsyncLifetime
{
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync();

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task Records_a_stream_and_tells_what_came_of_it()
    {
        var import = await ImportAsync("history",
            Chunk(0, 2, Some.Order("a"), Some.Order("b")),
            Chunk(2, 5, Some.Order("b"), new Event { MessageId = "c", OrderCompleted = new OrderCompleted() }, Some.Page("d")) with { Facts = [("rows", 9), ("left_out", 4)] },
            Chunk(5, 6) with { Facts = [("rows", 1)], Done = true });

        Assert.Equal((6, true, 3, 1, 1), (import.Checkpoint, import.Done, import.RecordedCount, import.DuplicateCount, import.RefusedCount));
        Assert.Equal((IngestionHouse.Shop, "history", "orders.csv"), (import.Shop, import.ImportId, import.Source));
        Assert.Equal([("left_out", 4L), ("rows", 10L)], import.Facts.Select(f => (f.Key, f.Value)).Order());
        var refusal = Assert.Single(import.Refusals);
        Assert.Equal(("c", EventResult.Types.Outcome.Refused), (refusal.MessageId, refusal.Outcome));
        Assert.Equal(["user_id", "order_completed.order_id"], refusal.Violations.Select(v => v.Field));
        Assert.True(import.CreateTime.ToDateTimeOffset() >= Some.Instant && import.UpdateTime >= import.CreateTime);
        Assert.Equal(["a", "b", "d"], (await _house.ReadAllAsync()).Select(e => e.Event.MessageId).Order());
        Assert.Equal(import, await GetAsync("history"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Marks_every_event_as_backfill_where_asked(bool backfill)
    {
        var told = Some.Order("told");
        told.Backfill = true;
        await ImportAsync(new ImportOpening { ImportId = "history", Backfill = backfill }, Chunk(0, 1, Some.Order("a"), told));
        Assert.Equal([("a", backfill), ("told", true)], (await _house.ReadAllAsync()).Select(e => (e.Event.MessageId, e.Event.Backfill)).Order());
    }

    [Fact]
    public async Task A_broken_stream_goes_on_where_it_stands()
    {
        using (var call = _house.Client.ImportEvents(cancellationToken: Cancel))
        {
            await call.RequestStream.WriteAsync(Opening("history"), Cancel);
            await call.RequestStream.WriteAsync(Request(Chunk(0, 10, Some.Order("a"), Some.Order("b"))), Cancel);
            await Testing.Eventually.IsTrueAsync(async () => await FindAsync("history") is { Checkpoint: 10 }, "the first chunk is committed");
        }
        var half = await GetAsync("history");
        Assert.Equal((10, false, 2), (half.Checkpoint, half.Done, half.RecordedCount));

        var whole = await ImportAsync("history", Chunk(10, 20, Some.Order("b"), Some.Order("c")) with { Done = true });
        Assert.Equal((20, true, 3, 1), (whole.Checkpoint, whole.Done, whole.RecordedCount, whole.DuplicateCount));
        Assert.Equal(3, (await _house.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task An_import_without_a_chunk_answers_how_it_stands()
    {
        await ImportAsync("history", Chunk(0, 3, Some.Order("a")));
        var again = await ImportAsync("history");
        Assert.Equal((3, false, 1), (again.Checkpoint, again.Done, again.RecordedCount));
    }

    [Fact]
    public async Task A_chunk_out_of_step_is_refused_whole_with_the_checkpoint()
    {
        await ImportAsync("history", Chunk(0, 10, Some.Order("a")));
        foreach (var (checkpoint, next) in ((long, long)[])[(0, 10), (5, 10), (11, 12)])
        {
            var (code, reason, metadata) = await IngestionHouse.RefusalAsync(() => ImportAsync("history", Chunk(checkpoint, next, Some.Order("new"))));
            Assert.Equal((StatusCode.Aborted, "IMPORT_OUT_OF_STEP"), (code, reason));
            Assert.Equal(("10", "false"), (metadata["checkpoint"], metadata["done"]));
        }
        await ImportAsync("history", Chunk(10, 11) with { Done = true });
        var (_, over, end) = await IngestionHouse.RefusalAsync(() => ImportAsync("history", Chunk(11, 12, Some.Order("new"))));
        Assert.Equal(("IMPORT_OUT_OF_STEP", "11", "true"), (over, end["checkpoint"], end["done"]));
        Assert.Equal(["a"], (await _house.ReadAllAsync()).Select(e => e.Event.MessageId));
    }

    [Fact]
    public async Task Imports_of_one_id_belong_to_their_shop()
    {
        await _house.CreateShopAsync("other");
        await ImportAsync("history", Chunk(0, 10, Some.Order("a")));
        Assert.Null(await FindAsync("history", "other"));
    }

    [Theory]
    [InlineData("", "", "opening.import_id: must have 1 to 63 characters")]
    [InlineData("History", "", "opening.import_id: must have 1 to 63 characters")]
    [InlineData("a.b", "", "opening.import_id: must have 1 to 63 characters")]
    [InlineData("history", "long", "opening.source: must have 0 to 200 characters, has 201")]
    public async Task Refuses_an_opening_that_is_none(string id, string source, string expected)
        => Assert.Contains(expected, await DetailAsync(new ImportOpening { ImportId = id, Source = source.Length > 0 ? new string('x', 201) : "" }), StringComparison.Ordinal);

    [Fact]
    public async Task Refuses_streams_that_break_the_order_of_messages()
    {
        Assert.Contains("opening: is required", await RefusalAsync(), StringComparison.Ordinal);
        Assert.Contains("opening: must be the first message", await RefusalAsync(Request(Chunk(0, 1))), StringComparison.Ordinal);
        Assert.Contains("chunk: is required in every message after the first", await RefusalAsync(Opening("history"), Opening("history")), StringComparison.Ordinal);
        Assert.Contains("shop: must be the same in every message", await RefusalAsync(Opening("history"), new ImportEventsRequest { Shop = "another", Chunk = new ImportChunk { NextCheckpoint = 1 } }), StringComparison.Ordinal);
        Assert.Contains("There is no shop 'nobody'", await RefusalAsync(new ImportEventsRequest { Shop = "nobody", Opening = new ImportOpening { ImportId = "history" } }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_chunks_that_break_a_rule_and_names_all_of_them()
    {
        var detail = await DetailAsync(new ImportOpening { ImportId = "history" }, Chunk(0, 0) with { Facts = [("Bad name", 1), ("negative", -1)] });
        Assert.Contains("chunk.next_checkpoint: must be greater than checkpoint", detail, StringComparison.Ordinal);
        Assert.Contains("chunk.facts[Bad name]: must be named by", detail, StringComparison.Ordinal);
        Assert.Contains("chunk.facts[negative]: must be 0 or more", detail, StringComparison.Ordinal);
        Assert.Contains("chunk.facts: must be at most 100", await DetailAsync(new ImportOpening { ImportId = "history" },
            Chunk(0, 1) with { Facts = [.. Enumerable.Range(0, 60).Select(i => ($"a{i}", 1L))] }, Chunk(1, 2) with { Facts = [.. Enumerable.Range(0, 60).Select(i => ($"b{i}", 1L))] }), StringComparison.Ordinal);
        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(() => ImportAsync("large", Chunk(0, 1, [.. Enumerable.Range(0, 2_501).Select(i => Some.Page($"m{i}"))])));
        Assert.Equal((StatusCode.InvalidArgument, "BATCH_TOO_LARGE", "2500"), (code, reason, metadata["limit"]));
    }

    [Fact]
    public async Task Keeps_to_the_backfill_that_it_began_with()
    {
        await ImportAsync(new ImportOpening { ImportId = "history", Backfill = true }, Chunk(0, 1));
        Assert.Contains("opening.backfill: must be true, as when the import began", await DetailAsync(new ImportOpening { ImportId = "history" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_know_an_import_that_nobody_began()
    {
        var (code, reason, _) = await IngestionHouse.RefusalAsync(() => GetAsync("nothing"));
        Assert.Equal((StatusCode.NotFound, "IMPORT_NOT_FOUND"), (code, reason));
        Assert.Equal(StatusCode.InvalidArgument, (await IngestionHouse.RefusalAsync(() => GetAsync("No Id"))).Code);
    }

    [Fact]
    public async Task Waits_for_the_log_instead_of_failing_and_lets_live_events_through()
    {
        Task<Import> import;
        Task<RecordEventsResponse> live;
        await using (await _house.HoldAsync())
        {
            import = ImportAsync("history", [.. Enumerable.Range(0, 6).Select(i => Chunk(i, i + 1, [.. Enumerable.Range(0, 500).Select(n => Some.Page($"i{i}-{n}"))]))]);
            live = _house.RecordAsync(Some.Order("live"));
            Assert.False(import.IsCompleted);
        }
        Assert.Equal(1, (await live).RecordedCount);
        Assert.Equal((6, 3_000), ((await import).Checkpoint, (await import).RecordedCount));
    }

    static ChunkOf Chunk(long checkpoint, long next, params Event[] events) => new(checkpoint, next, events);

    sealed record ChunkOf(long Checkpoint, long Next, Event[] Events)
    {
        public (string Fact, long Count)[] Facts { get; init; } = [];
        public bool Done { get; init; }
    }

    static ImportEventsRequest Opening(string id) => new() { Shop = IngestionHouse.Shop, Opening = new ImportOpening { ImportId = id, Source = "orders.csv" } };

    static ImportEventsRequest Request(ChunkOf chunk) => new()
    {
        Shop = IngestionHouse.Shop,
        Chunk = new ImportChunk { Checkpoint = chunk.Checkpoint, NextCheckpoint = chunk.Next, Events = { chunk.Events }, Done = chunk.Done, Facts = { chunk.Facts.ToDictionary(f => f.Fact, f => f.Count) } },
    };

    Task<Import> ImportAsync(string id, params ChunkOf[] chunks) => SendAsync([Opening(id), .. chunks.Select(Request)]);

    Task<Import> ImportAsync(ImportOpening opening, params ChunkOf[] chunks) => SendAsync([new ImportEventsRequest { Shop = IngestionHouse.Shop, Opening = opening }, .. chunks.Select(Request)]);

    async Task<Import> SendAsync(params ImportEventsRequest[] messages)
    {
        using var call = _house.Client.ImportEvents(cancellationToken: Cancel);
        try
        {
            foreach (var message in messages) await call.RequestStream.WriteAsync(message, Cancel);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The service ended the call before it had all: its answer says why.
        }
        return await call;
    }

    async Task<string> RefusalAsync(params ImportEventsRequest[] messages) => (await Assert.ThrowsAsync<RpcException>(() => SendAsync(messages))).Status.Detail;

    async Task<string> DetailAsync(ImportOpening opening, params ChunkOf[] chunks) => (await Assert.ThrowsAsync<RpcException>(() => ImportAsync(opening, chunks))).Status.Detail;

    async Task<Import> GetAsync(string id) => await _house.Client.GetImportAsync(new GetImportRequest { Shop = IngestionHouse.Shop, ImportId = id }, cancellationToken: Cancel);

    async Task<Import?> FindAsync(string id, string shop = IngestionHouse.Shop)
    {
        try
        {
            return await _house.Client.GetImportAsync(new GetImportRequest { Shop = shop, ImportId = id }, cancellationToken: Cancel);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }
}
