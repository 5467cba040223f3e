using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// Keeps previews and works them off. Customers are read and evaluated outside of any transaction; what they come to is committed with the cursor, so a preview that
/// was interrupted goes on from there, and of two replicas at the same step one's counts. What answers rest on is only read.
/// </summary>
internal sealed partial class SegmentationStore
{
    /// <summary>Steps in a row that fail before the preview does.</summary>
    const int PreviewTriesMax = 5;

    const int FailureLengthMax = 500;

    sealed record PreviewRow
    {
        public int Number { get; init; }
        public string Shop { get; init; } = "";
        public string Preview { get; init; } = "";
        public string Fingerprint { get; init; } = "";
        public PreviewState State { get; init; }
        public DateTimeOffset CreateTime { get; init; }
        public DateTimeOffset? EndTime { get; init; }
        public long CustomerCursor { get; init; }
        public long CustomerCount { get; init; }
        public long CustomerTotal { get; init; }
        public string Failure { get; init; } = "";
        public string Document { get; init; } = "";
        public string Sums { get; init; } = "";

        public Preview ToPreview() => new(
            Number, Shop, Preview, State, CreateTime, EndTime, CustomerCursor, CustomerCount, CustomerTotal,
            Documents.Read<PreviewOrder>(Document), Sums.Length == 0 ? null : Documents.Read<ModelComparisonSums>(Sums), Failure);
    }

    const string PreviewColumns = "number, shop, preview, fingerprint, state, create_time, end_time, customer_cursor, customer_count, customer_total, failure, document";

    internal string PreviewSql => $"""
        SELECT {PreviewColumns}, sums
        FROM {database.Prefix}preview
        WHERE shop = @shop
          AND preview = @preview
        """;

    public Task<Preview?> FindPreviewAsync(string shop, string preview, CancellationToken cancellation)
        => database.ReadAsync(async connection => (await FindPreviewAsync(connection, null, shop, preview, cancellation))?.ToPreview(), cancellation);

    Task<PreviewRow?> FindPreviewAsync(DbConnection connection, DbTransaction? transaction, string shop, string preview, CancellationToken cancellation)
        => connection.QuerySingleOrDefaultAsync<PreviewRow>(Command(PreviewSql, new { shop, preview }, cancellation, transaction));

    /// <summary>The preview of that id, where it was asked for in these words; a refusal where it was in others; neither where there is none.</summary>
    public Task<(PreviewRefusal Refusal, Preview? Preview)> FindPreviewAsync(string shop, string preview, string fingerprint, CancellationToken cancellation)
        => database.ReadAsync(async connection => Same(await FindPreviewAsync(connection, null, shop, preview, cancellation), fingerprint), cancellation);

    static (PreviewRefusal, Preview?) Same(PreviewRow? row, string fingerprint)
        => row is null ? (PreviewRefusal.None, null) : row.Fingerprint == fingerprint ? (PreviewRefusal.None, row.ToPreview()) : (PreviewRefusal.Exists, null);

    internal string PreviewsSql => $"""
        SELECT {PreviewColumns}, '' AS sums
        FROM {database.Prefix}preview
        WHERE shop = @shop
          AND number < @before
        ORDER BY number DESC
        {database.Limit("@limit")}
        """;

    /// <summary>Newest first, before a number, without what customers come to.</summary>
    public async Task<IReadOnlyList<Preview>> ListPreviewsAsync(string shop, int before, int limit, CancellationToken cancellation)
        => [.. (await database.ReadAsync(c => c.QueryAsync<PreviewRow>(Command(PreviewsSql, new { shop, before, limit }, cancellation)), cancellation)).Select(r => r.ToPreview())];

    internal string CustomerTotalSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}customer
        WHERE shop = @shop
        """;

    internal string RunningPreviewsSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}preview
        WHERE shop = @shop
          AND state = 1
        """;

    internal string AddPreviewSql => $"""
        INSERT INTO {database.Prefix}preview ({PreviewColumns}, tries, sums)
        SELECT COALESCE(MAX(number), 0) + 1, @shop, @preview, @fingerprint, 1, @now, NULL, 0, 0, @total, '', @document, 0, ''
        FROM {database.Prefix}preview
        """;

    /// <summary>Takes a preview in. One that is there already and was asked for in the same words is answered as it is.</summary>
    /// <param name="fingerprint">Tells these words from others.</param>
    /// <param name="runningMax">Previews of the shop that may run, this one included.</param>
    public async Task<(PreviewRefusal Refusal, Preview? Preview)> AddPreviewAsync(Shop shop, string preview, string fingerprint, PreviewOrder order, int runningMax, DateTimeOffset now, CancellationToken cancellation)
    {
        // Of many customers a count takes a while, in which nobody else need wait.
        var total = await database.ReadAsync(c => c.ExecuteScalarAsync<long>(Command(CustomerTotalSql, new { shop = shop.Number }, cancellation)), cancellation);
        return await database.WriteAsync(async write =>
        {
            if (await FindPreviewAsync(write.Connection, write.Transaction, shop.Id, preview, cancellation) is { } found) return Same(found, fingerprint);
            if (await write.Connection.ExecuteScalarAsync<int>(Command(RunningPreviewsSql, new { shop = shop.Id }, cancellation, write.Transaction)) >= runningMax) return (PreviewRefusal.TooManyRunning, null);
            var values = new { shop = shop.Id, preview, fingerprint, now, total, document = Documents.Write(order) };
            await write.Connection.ExecuteAsync(Command(AddPreviewSql, values, cancellation, write.Transaction));
            return Same(await FindPreviewAsync(write.Connection, write.Transaction, shop.Id, preview, cancellation), fingerprint);
        }, cancellation);
    }

    internal string CancelPreviewSql => $"""
        UPDATE {database.Prefix}preview
        SET state = 4, end_time = @now
        WHERE shop = @shop
          AND preview = @preview
          AND state = 1
        """;

    /// <summary>Ends a preview that runs, and answers it as it then is. Null where there is none.</summary>
    public Task<Preview?> CancelPreviewAsync(string shop, string preview, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await write.Connection.ExecuteAsync(Command(CancelPreviewSql, new { shop, preview, now }, cancellation, write.Transaction));
        return (await FindPreviewAsync(write.Connection, write.Transaction, shop, preview, cancellation))?.ToPreview();
    }, cancellation);

    internal string PreviewWorkSql => $"""
        SELECT {PreviewColumns}, sums
        FROM {database.Prefix}preview
        WHERE state = 1
        ORDER BY tries, number
        """;

    sealed record PositionRow
    {
        public int LogPartition { get; init; }
        public long Position { get; init; }
    }

    internal string PositionsSql => $"""
        SELECT log_partition, position
        FROM {database.Prefix}checkpoint_position
        """;

    /// <summary>Whether a preview runs, and the first that can be gone on with: one that has begun, or of which all is applied that was recorded before it.</summary>
    public Task<(bool IsAny, Preview? Next)> FindPreviewWorkAsync(CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var running = (await connection.QueryAsync<PreviewRow>(Command(PreviewWorkSql, new { }, cancellation))).AsList();
        if (running.Count == 0) return (false, null);
        var positions = (await connection.QueryAsync<PositionRow>(Command(PositionsSql, new { }, cancellation))).ToDictionary(p => p.LogPartition, p => p.Position);
        return (true, running.Select(r => r.ToPreview()).FirstOrDefault(CanGoOn));

        bool CanGoOn(Preview p) => p.Sums is not null || p.Order.Heads.Index().All(h => positions.GetValueOrDefault(h.Index) >= h.Item);
    }, cancellation);

    internal string AdvancePreviewSql => $"""
        UPDATE {database.Prefix}preview
        SET state = @next, end_time = @end, customer_cursor = @cursor, customer_count = @done, customer_total = @total, tries = 0, sums = @sums
        WHERE number = @number
          AND shop = @shop
          AND preview = @preview
          AND state = 1
          AND customer_cursor = @after
        """;

    /// <summary>Goes through the next customers of a preview. Null where another replica has, or it was cancelled meanwhile: then nothing is written.</summary>
    /// <param name="moversMax">Customers who move that are kept by name.</param>
    public async Task<PreviewStep?> StepPreviewAsync(Preview preview, int customers, int moversMax, DateTimeOffset now, CancellationToken cancellation)
    {
        var shop = (await FindShopAsync(preview.Shop, cancellation))!;
        var next = new { after = Math.Max(preview.Cursor, CustomerKey.First(shop.Number)), last = CustomerKey.Last(shop.Number), limit = customers };
        var rows = await database.ReadAsync(async c => (await c.QueryAsync<RecordRow>(Command(NextRecordsSql, next, cancellation))).AsList(), cancellation);
        var comparison = preview.Order.Compare(shop, preview.KnownAt);
        var (sums, moves) = await EvaluateAsync(comparison, rows.Where(r => r.Identified || preview.Order.IncludeAnonymous), cancellation);
        var kept = moves.Take((int)Math.Max(0, moversMax - (preview.Sums?.Movers ?? 0))).ToList();
        if (preview.Sums is { } before) sums.Add(before);
        var isDone = rows.Count < customers;
        var (state, done) = (isDone ? PreviewState.Done : PreviewState.Running, preview.Done + rows.Count);
        var values = new
        {
            number = preview.Number,
            shop = preview.Shop,
            preview = preview.Id,
            after = preview.Cursor,
            next = (int)state,
            end = isDone ? now : (DateTimeOffset?)null,
            cursor = isDone ? long.MaxValue : rows[^1].Id,
            done,
            total = isDone ? done : Math.Max(done, preview.Total),
            sums = Documents.Write(sums),
        };
        var isOurs = await database.WriteAsync(async write =>
        {
            if (await write.Connection.ExecuteAsync(Command(AdvancePreviewSql, values, cancellation, write.Transaction)) == 0) return false;
            await write.AppendAsync(database.Prefix + "preview_mover", ["preview", "customer", "before_stage", "after_stage"], kept, (row, m) =>
            {
                row.Add(preview.Number);
                row.Add(m.Customer);
                row.Add(m.Move.Before);
                row.Add(m.Move.After);
            }, cancellation);
            return true;
        }, cancellation);
        return isOurs ? new PreviewStep(state, rows.Count) : null;
    }

    /// <summary>By half of the cores, so that events and answers keep the other. Movers by key, as the rows.</summary>
    static async Task<(ModelComparisonSums Sums, List<(long Customer, Move Move)> Moves)> EvaluateAsync(ModelComparison comparison, IEnumerable<RecordRow> rows, CancellationToken cancellation)
    {
        RecordRow[] all = [.. rows];
        var threads = Math.Max(1, Environment.ProcessorCount / 2);
        var parts = await Task.WhenAll(all.Chunk(Math.Max(1, (all.Length + threads - 1) / threads)).Select(part => Task.Run(() => Evaluate(comparison, part), cancellation)));
        var (sums, moves) = (comparison.Nothing(), new List<(long, Move)>());
        foreach (var part in parts)
        {
            sums.Add(part.Sums);
            moves.AddRange(part.Moves);
        }
        return (sums, moves);
    }

    static (ModelComparisonSums Sums, List<(long Customer, Move Move)> Moves) Evaluate(ModelComparison comparison, RecordRow[] rows)
    {
        var (sums, moves) = (comparison.Nothing(), new List<(long, Move)>());
        foreach (var row in rows)
            if (comparison.Add(RecordCodec.Read(row.Record, comparison.Sources), sums) is { } move) moves.Add((row.Id, move));
        return (sums, moves);
    }

    internal string FailPreviewSql => $"""
        UPDATE {database.Prefix}preview
        SET tries = tries + 1,
            state = CASE WHEN tries + 1 >= @triesMax THEN 3 ELSE state END,
            end_time = CASE WHEN tries + 1 >= @triesMax THEN @now ELSE end_time END,
            failure = CASE WHEN tries + 1 >= @triesMax THEN @failure ELSE failure END
        WHERE shop = @shop
          AND preview = @preview
          AND state = 1
        """;

    /// <summary>Counts a step that failed: others go first from then on, and after a few in a row the preview has failed. Answers whether it has.</summary>
    public Task<bool> FailPreviewAsync(Preview preview, string failure, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var values = new { shop = preview.Shop, preview = preview.Id, triesMax = PreviewTriesMax, failure = failure[..Math.Min(failure.Length, FailureLengthMax)], now };
        await write.Connection.ExecuteAsync(Command(FailPreviewSql, values, cancellation, write.Transaction));
        return (await FindPreviewAsync(write.Connection, write.Transaction, preview.Shop, preview.Id, cancellation))?.State == PreviewState.Failed;
    }, cancellation);

    internal string MoversSql => $"""
        SELECT c.id, c.customer, c.identified, c.record
        FROM {database.Prefix}preview_mover m
        JOIN {database.Prefix}customer c ON c.id = m.customer
        WHERE m.preview = @number
          AND m.customer > @after
          AND (@before < 0 OR m.before_stage = @before)
          AND (@to < 0 OR m.after_stage = @to)
        ORDER BY m.customer
        {database.Limit("@limit")}
        """;

    /// <summary>By key, after one.</summary>
    /// <param name="move">Only those, by the places of the stages; -1 for every one.</param>
    public async Task<IReadOnlyList<PreviewMover>> ListMoversAsync(Preview preview, Move move, long after, Sources sources, int limit, CancellationToken cancellation)
    {
        var values = new { number = preview.Number, after, before = move.Before, to = move.After, limit };
        var rows = await database.ReadAsync(c => c.QueryAsync<RecordRow>(Command(MoversSql, values, cancellation)), cancellation);
        return [.. rows.Select(r => new PreviewMover(r.Id, r.Customer, r.Identified, RecordCodec.Read(r.Record, sources)))];
    }

    internal string MoverCountSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}preview_mover m
        JOIN {database.Prefix}customer c ON c.id = m.customer
        WHERE m.preview = @number
        """;

    /// <summary>Customers who move that are kept by name, and are still known.</summary>
    public Task<long> CountMoversAsync(Preview preview, CancellationToken cancellation)
        => database.ReadAsync(c => c.ExecuteScalarAsync<long>(Command(MoverCountSql, new { number = preview.Number }, cancellation)), cancellation);

    internal string OldPreviewSql => $"""
        SELECT number
        FROM {database.Prefix}preview
        WHERE state IN (2, 3, 4)
          AND end_time < @before
        ORDER BY number
        {database.Limit("1")}
        """;

    internal string RemoveMoversSql => $"DELETE FROM {database.Prefix}preview_mover WHERE preview = @number";

    internal string RemovePreviewSql => $"DELETE FROM {database.Prefix}preview WHERE number = @number";

    /// <summary>Removes a preview that ended before an instant, with its movers. False where there is none.</summary>
    public Task<bool> RemovePreviewAsync(DateTimeOffset before, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        if (await write.Connection.ExecuteScalarAsync<int?>(Command(OldPreviewSql, new { before }, cancellation, write.Transaction)) is not { } number) return false;
        await write.Connection.ExecuteAsync(Command(RemoveMoversSql, new { number }, cancellation, write.Transaction));
        await write.Connection.ExecuteAsync(Command(RemovePreviewSql, new { number }, cancellation, write.Transaction));
        return true;
    }, cancellation);
}
