using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage;

/// <summary>The imports and how far each has come. One text serves both dialects, so there is no interface.</summary>
internal sealed class ImportStore(Database database, LogStore log)
{
    static readonly ImportRefusal Erased = new("", [("", "an id of the event was erased and its events are refused; IngestionService.ReleaseId takes them again")]);
    static readonly string[] RefusalColumns = ["shop", "import_id", "refusal", "violation", "message_id", "field", "description"];

    string FindSql => $"""
        SELECT shop, import_id AS id, source, backfill, source_checkpoint, done, recorded_count AS recorded, duplicate_count AS duplicate, refused_count AS refused, create_time, update_time
        FROM {database.Prefix}import_run
        WHERE shop = @shop
        AND import_id = @id
        """;

    /// <summary>Null when none of that id was begun.</summary>
    public async Task<ImportRun?> FindAsync(string shop, string id, CancellationToken cancellation)
        => (await database.ReadAsync(connection => connection.QuerySingleOrDefaultAsync<RunRow>(new CommandDefinition(FindSql, new { shop, id }, cancellationToken: cancellation)), cancellation))?.ToRun();

    string FactsSql => $"""
        SELECT fact, fact_count
        FROM {database.Prefix}import_fact
        WHERE shop = @shop
        AND import_id = @id
        ORDER BY fact
        """;

    string RefusalsSql => $"""
        SELECT refusal, message_id, field, description
        FROM {database.Prefix}import_refusal
        WHERE shop = @shop
        AND import_id = @id
        ORDER BY refusal, violation
        """;

    /// <summary>What became of the source so far: facts by name, refusals in their order.</summary>
    public Task<(IReadOnlyDictionary<string, long> Facts, IReadOnlyList<ImportRefusal> Refusals)> DetailsAsync(string shop, string id, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var key = new { shop, id };
        var facts = await connection.QueryAsync<FactRow>(new CommandDefinition(FactsSql, key, cancellationToken: cancellation));
        var refusals = await connection.QueryAsync<RefusalRow>(new CommandDefinition(RefusalsSql, key, cancellationToken: cancellation));
        return ((IReadOnlyDictionary<string, long>)facts.ToDictionary(f => f.Fact, f => f.FactCount, StringComparer.Ordinal),
            (IReadOnlyList<ImportRefusal>)[.. refusals.GroupBy(r => r.Refusal).Select(r => new ImportRefusal(r.First().MessageId, [.. r.Select(v => (v.Field, v.Description))]))]);
    }, cancellation);

    string BeginSql => $"""
        INSERT INTO {database.Prefix}import_run (shop, import_id, source, backfill, source_checkpoint, done, recorded_count, duplicate_count, refused_count, create_time, update_time)
        VALUES (@Shop, @Id, @Source, @Backfill, 0, @Done, 0, 0, 0, @CreateTime, @UpdateTime)
        """;

    /// <summary>Begins an import, or answers the one of that id as it stands.</summary>
    public Task<ImportRun> BeginAsync(ImportRun wanted, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        if (await write.Connection.QuerySingleOrDefaultAsync<RunRow>(FindSql, new { shop = wanted.Shop, id = wanted.Id }, write.Transaction) is { } there) return there.ToRun();
        await write.Connection.ExecuteAsync(BeginSql, wanted, write.Transaction);
        return wanted;
    }, cancellation);

    /// <summary>
    /// Records a chunk: its events, facts and refusals together with the step of the checkpoint, or nothing of it. Answers the import
    /// after it and what became of each event; null when the import does not stand at <paramref name="run"/> any more.
    /// </summary>
    public async Task<(ImportRun Run, AppendResult[] Results)?> AppendAsync(ImportRun run, ImportStep step, IReadOnlyList<LogEvent> events, CancellationToken cancellation)
    {
        var after = run;
        async Task StepAsync(Write write, IReadOnlyList<AppendResult> results)
        {
            // Not by name: of an erased person nothing is kept here either.
            var whole = step with { Refusals = [.. step.Refusals, .. results.Where(r => r.Suppressed is not null).Select(_ => Erased)] };
            var recorded = results.Count(r => r.Position > 0);
            after = run.After(whole, recorded, results.Count - recorded - (whole.Refusals.Count - step.Refusals.Count));
            await MoveAsync(write, run, after, whole, cancellation);
        }
        try
        {
            AppendResult[] results = [];
            if (events.Count > 0) results = (await log.AppendAsync(events, StepAsync, cancellation)).Results;
            else await database.WriteAsync(write => StepAsync(write, results), cancellation);
            return (after, results);
        }
        catch (CheckpointMovedException)
        {
            return null;
        }
    }

    string MoveSql => $"""
        UPDATE {database.Prefix}import_run
        SET source_checkpoint = @next, done = @Done, recorded_count = @Recorded, duplicate_count = @Duplicate, refused_count = @Refused, update_time = @UpdateTime
        WHERE shop = @Shop
        AND import_id = @Id
        AND source_checkpoint = @from
        AND done = 0
        """;

    async Task MoveAsync(Write write, ImportRun before, ImportRun after, ImportStep step, CancellationToken cancellation)
    {
        var values = new { after.Shop, after.Id, from = before.Checkpoint, next = after.Checkpoint, after.Done, after.Recorded, after.Duplicate, after.Refused, after.UpdateTime };
        if (await write.Connection.ExecuteAsync(MoveSql, values, write.Transaction) == 0) throw new CheckpointMovedException();
        foreach (var (fact, count) in step.Facts) await AddAsync(write, new { after.Shop, after.Id, fact, count });
        var room = (int)Math.Max(0, ImportRun.RefusalsMax - before.Refused);
        var rows = step.Refusals.Take(room).SelectMany((refusal, i) => refusal.Violations.Select((v, n) => new object?[] { after.Shop, after.Id, (int)before.Refused + i, n, refusal.MessageId, v.Field, v.Description }));
        await write.AppendAsync(database.Prefix + "import_refusal", RefusalColumns, [.. rows], cancellation);
    }

    string AddSql => $"""
        UPDATE {database.Prefix}import_fact
        SET fact_count = fact_count + @count
        WHERE shop = @Shop
        AND import_id = @Id
        AND fact = @fact
        """;

    string AddFirstSql => $"""
        INSERT INTO {database.Prefix}import_fact (shop, import_id, fact, fact_count)
        VALUES (@Shop, @Id, @fact, @count)
        """;

    // Nobody else writes facts of this import: the row of the import is locked by now.
    async Task AddAsync(Write write, object values)
    {
        if (await write.Connection.ExecuteAsync(AddSql, values, write.Transaction) == 0) await write.Connection.ExecuteAsync(AddFirstSql, values, write.Transaction);
    }

    sealed record RunRow
    {
        public string Shop { get; init; } = "";
        public string Id { get; init; } = "";
        public string Source { get; init; } = "";
        public bool Backfill { get; init; }
        public long SourceCheckpoint { get; init; }
        public bool Done { get; init; }
        public long Recorded { get; init; }
        public long Duplicate { get; init; }
        public long Refused { get; init; }
        public DateTimeOffset CreateTime { get; init; }
        public DateTimeOffset UpdateTime { get; init; }

        public ImportRun ToRun() => new(Shop, Id, Source, Backfill, SourceCheckpoint, Done, Recorded, Duplicate, Refused, CreateTime, UpdateTime);
    }

    sealed record FactRow
    {
        public string Fact { get; init; } = "";
        public long FactCount { get; init; }
    }

    sealed record RefusalRow
    {
        public int Refusal { get; init; }
        public string MessageId { get; init; } = "";
        public string Field { get; init; } = "";
        public string Description { get; init; } = "";
    }
}
