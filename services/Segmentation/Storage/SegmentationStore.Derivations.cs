using System.Data.Common;
using System.Globalization;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>The numbers are stored.</summary>
internal enum DerivationState
{
    /// <summary>Customers are being derived, and those who change are kept up to date.</summary>
    Deriving = 1,
    /// <summary>Answers rest on it.</summary>
    Active = 2,
    /// <summary>Its intervals are being removed.</summary>
    Retiring = 3,
    Retired = 4,
}

/// <summary>A revision of a model at work in a shop.</summary>
/// <param name="Number">From 1 per model; a number is never used again.</param>
/// <param name="CustomerCount">Customers derived so far.</param>
internal sealed record Derivation(string Shop, BoundModel Model, int Number, DerivationState State, DateTimeOffset StartTime, long CustomerCount)
{
    /// <summary>What its intervals carry as their model. No id of a model has a tilde.</summary>
    public string Key => KeyOf(Model.Id, Number);

    public static string KeyOf(string model, int number) => number == 1 ? model : string.Create(CultureInfo.InvariantCulture, $"{model}~{number}");
}

/// <summary>What a step did.</summary>
/// <param name="Customers">Customers that it took in hand.</param>
/// <param name="IsDone">It was the last one of its derivation.</param>
internal sealed record DerivationStep(string Shop, string Model, int Number, DerivationState State, int Customers, bool IsDone);

/// <summary>
/// Puts models to work and takes them out. Every derivation has intervals of its own; the feed keeps those of every one that is deriving or active, so that the one
/// can take the place of the other in a single statement. A step of a derivation locks the positions of all partitions: whatever the feed applied before, it sees, and
/// whatever the feed applies afterwards knows of the derivation.
/// </summary>
internal sealed partial class SegmentationStore
{
    sealed record DerivationRow
    {
        public string Shop { get; init; } = "";
        public string Model { get; init; } = "";
        public int Number { get; init; }
        public int ModelRevision { get; init; }
        public int PopulationRevision { get; init; }
        public DerivationState State { get; init; }
        public DateTimeOffset StartTime { get; init; }
        public string CustomerCursor { get; init; } = "";
        public long CustomerCount { get; init; }
    }

    internal string AddDerivationSql => $"""
        INSERT INTO {database.Prefix}derivation (shop, model, number, model_revision, population_revision, state, start_time, customer_cursor, customer_count)
        VALUES (@shop, @model, @number, @revision, @population, 1, @now, '', 0)
        """;

    internal string AddDefaultSql => $"""
        INSERT INTO {database.Prefix}derivation (shop, model, number, model_revision, population_revision, state, start_time, customer_cursor, customer_count)
        SELECT @shop, @model, 1, @revision, 0, 2, @now, '', 0
        WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}derivation WHERE shop = @shop AND model = @model)
        """;

    /// <summary>The model of callers that name none is active from the first event on; where a backup brought derivations back, they stay.</summary>
    Task<int> AddDefaultAsync(Write write, string shop, CancellationToken cancellation)
        => write.Connection.ExecuteAsync(Command(AddDefaultSql, new { shop, model = BuiltInModels.Default, revision = BuiltInModels.Revision, now = DateTimeOffset.UnixEpoch }, cancellation, write.Transaction));

    internal string DerivationsSql => $"""
        SELECT shop, model, number, model_revision, population_revision, state, start_time, customer_cursor, customer_count
        FROM {database.Prefix}derivation
        WHERE shop = @shop
          AND state IN (1, 2)
        ORDER BY model, number
        """;

    Task<IReadOnlyList<Derivation>> ReadDerivationsAsync(Write write, string shop, CancellationToken cancellation)
        => DerivationsAsync(write.Connection, write.Transaction, shop, cancellation, areKept: true);

    /// <summary>All that are deriving or active.</summary>
    /// <param name="areKept">Whether bound models may be kept in memory: not where the transaction itself may have written their revision.</param>
    async Task<IReadOnlyList<Derivation>> DerivationsAsync(DbConnection connection, DbTransaction? transaction, string shop, CancellationToken cancellation, bool areKept = false)
    {
        var derivations = new List<Derivation>();
        foreach (var row in (await connection.QueryAsync<DerivationRow>(Command(DerivationsSql, new { shop }, cancellation, transaction))).AsList())
            derivations.Add(await ToDerivationAsync(connection, transaction, row, cancellation, areKept));
        return derivations;
    }

    async Task<Derivation> ToDerivationAsync(DbConnection connection, DbTransaction? transaction, DerivationRow row, CancellationToken cancellation, bool isKept)
        => new(row.Shop, await BindAsync(connection, transaction, row.Shop, row.Model, row.ModelRevision, row.PopulationRevision, cancellation, isKept), row.Number, row.State, row.StartTime, row.CustomerCount);

    /// <summary>What answers about a model rest on; null where it is not active.</summary>
    public Task<Derivation?> FindActiveAsync(string shop, string model, CancellationToken cancellation) => database.ReadAsync(
        async connection => (await DerivationsAsync(connection, null, shop, cancellation, areKept: true)).FirstOrDefault(d => d.State == DerivationState.Active && d.Model.Id == model), cancellation);

    /// <summary>
    /// Begins to derive a revision, the latest for 0, against the latest population; what is active stays so until all customers are derived. What is active or
    /// deriving already is left alone.
    /// </summary>
    public Task<ModelChange> ActivateModelAsync(string shop, string id, int revision, string etag, bool isDry, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var latest = await FindModelAsync(write.Connection, write.Transaction, shop, id, 0, cancellation);
        if (latest is null) return new ModelChange(Refusal.NotFound, null);
        if (etag.Length > 0 && etag != latest.Etag) return new ModelChange(Refusal.EtagMismatch, latest);
        return await FindModelAsync(write.Connection, write.Transaction, shop, id, revision, cancellation) is { } wanted
            ? await ActivateAsync(write, shop, wanted, isDry, now, cancellation)
            : new ModelChange(Refusal.RevisionNotFound, latest);
    }, cancellation);

    async Task<ModelChange> ActivateAsync(Write write, string shop, ModelState wanted, bool isDry, DateTimeOffset now, CancellationToken cancellation)
    {
        var population = wanted.Model.Needs.Any() ? await FindPopulationAsync(write.Connection, write.Transaction, shop, 0, cancellation) : null;
        if (!wanted.Model.Needs.All(n => population?.Population.Has(n) == true)) return new ModelChange(Refusal.PopulationMissing, wanted);
        var newest = (wanted.Deriving ?? wanted.Active)?.Model;
        if (isDry || (newest?.Revision == wanted.Revision && newest.PopulationRevision == (population?.Revision ?? 0))) return new ModelChange(Refusal.None, wanted);
        await StartAsync(write, shop, wanted.Id, wanted.Revision, population?.Revision ?? 0, now, cancellation);
        return new ModelChange(Refusal.None, await FindModelAsync(write.Connection, write.Transaction, shop, wanted.Id, wanted.Revision, cancellation));
    }

    internal string RetireSql => $"""
        UPDATE {database.Prefix}derivation
        SET state = 3, customer_cursor = ''
        WHERE shop = @shop
          AND model = @model
          AND number <> @except
          AND (state = 1 OR (state = 2 AND @activeToo = 1))
        """;

    internal string LastNumberSql => $"""
        SELECT COALESCE(MAX(number), 0)
        FROM {database.Prefix}derivation
        WHERE shop = @shop
          AND model = @model
        """;

    async Task StartAsync(Write write, string shop, string model, int revision, int population, DateTimeOffset now, CancellationToken cancellation)
    {
        var number = 1 + await write.Connection.ExecuteScalarAsync<int>(Command(LastNumberSql, new { shop, model }, cancellation, write.Transaction));
        await write.Connection.ExecuteAsync(Command(RetireSql, new { shop, model, except = 0, activeToo = false }, cancellation, write.Transaction));
        await write.Connection.ExecuteAsync(Command(AddDerivationSql, new { shop, model, number, revision, population, now }, cancellation, write.Transaction));
    }

    /// <summary>Takes a model out of work; its intervals go in steps.</summary>
    public Task<ModelChange> DeactivateModelAsync(string shop, string id, string etag, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var latest = await FindModelAsync(write.Connection, write.Transaction, shop, id, 0, cancellation);
        if (latest is null) return new ModelChange(Refusal.NotFound, null);
        if (etag.Length > 0 && etag != latest.Etag) return new ModelChange(Refusal.EtagMismatch, latest);
        await write.Connection.ExecuteAsync(Command(RetireSql, new { shop, model = id, except = 0, activeToo = true }, cancellation, write.Transaction));
        return new ModelChange(Refusal.None, latest with { Active = null, Deriving = null });
    }, cancellation);

    internal string WorkSql => $"""
        SELECT shop, model, number, model_revision, population_revision, state, start_time, customer_cursor, customer_count
        FROM {database.Prefix}derivation
        WHERE state IN (1, 3)
        ORDER BY state, start_time, shop, model, number
        {database.Limit("@limit")}
        """;

    // Sets what it finds: the lock is what counts.
    internal string LockPositionsSql => $"UPDATE {database.Prefix}checkpoint_position SET position = position";

    internal string NextCustomersSql => $"""
        SELECT c.customer, c.identified, c.first_seen_time, c.left_time, 0 AS position
        FROM {database.Prefix}customer c
        WHERE c.shop = @shop
          AND c.customer > @after
        ORDER BY c.customer
        {database.Limit("@limit")}
        """;

    internal string AdvanceSql => $"""
        UPDATE {database.Prefix}derivation
        SET customer_cursor = @cursor, customer_count = customer_count + @customers, state = @next
        WHERE shop = @shop
          AND model = @model
          AND number = @number
          AND state = @state
        """;

    /// <summary>
    /// Derives, or removes, the next customers of what has waited longest, in one transaction; null where nothing waits. After the last customer an active
    /// derivation of the same model gives way in the same transaction.
    /// </summary>
    public async Task<DerivationStep?> StepAsync(int customers, CancellationToken cancellation)
    {
        // Nobody is kept waiting while there is nothing to do.
        if (await database.ReadAsync(c => FirstAsync(c, null, cancellation), cancellation) is null) return null;
        return await database.WriteAsync(async write =>
        {
            await write.Connection.ExecuteAsync(Command(LockPositionsSql, new { }, cancellation, write.Transaction));
            return await FirstAsync(write.Connection, write.Transaction, cancellation) is { } row ? await StepAsync(write, row, customers, cancellation) : null;
        }, cancellation);
    }

    Task<DerivationRow?> FirstAsync(DbConnection connection, DbTransaction? transaction, CancellationToken cancellation)
        => connection.QueryFirstOrDefaultAsync<DerivationRow>(Command(WorkSql, new { limit = 1 }, cancellation, transaction));

    async Task<DerivationStep> StepAsync(Write write, DerivationRow row, int limit, CancellationToken cancellation)
    {
        var shop = (await write.Connection.QuerySingleAsync<ShopRow>(Command(ShopSql, new { shop = row.Shop }, cancellation, write.Transaction))).ToShop();
        var customers = (await write.Connection.QueryAsync<SeenRow>(Command(NextCustomersSql, new { shop = row.Shop, after = row.CustomerCursor, limit }, cancellation, write.Transaction))).AsList();
        await ForgetAsync(write, ForgetIntervalsSql, row.Shop, [.. customers.Select(c => c.Customer)], cancellation, Derivation.KeyOf(row.Model, row.Number));
        if (row.State == DerivationState.Deriving)
        {
            var derivation = await ToDerivationAsync(write.Connection, write.Transaction, row, cancellation, isKept: true);
            var histories = await WithHistoriesAsync(write.Connection, write.Transaction, shop, customers, derivation.Model.Sources, cancellation);
            await AppendIntervalsAsync(write, [.. histories.SelectMany(c => Intervals(shop, c.Customer, c.Identified, c.History, derivation))], cancellation);
        }
        var isDone = customers.Count < limit;
        await AdvanceAsync(write, row, customers, isDone, cancellation);
        return new DerivationStep(row.Shop, row.Model, row.Number, row.State, customers.Count, isDone);
    }

    async Task AdvanceAsync(Write write, DerivationRow row, List<SeenRow> customers, bool isDone, CancellationToken cancellation)
    {
        var next = !isDone ? row.State : row.State == DerivationState.Deriving ? DerivationState.Active : DerivationState.Retired;
        var derived = row.State == DerivationState.Deriving ? customers.Count : 0;
        var cursor = customers.Count == 0 ? row.CustomerCursor : customers[^1].Customer;
        var values = new { shop = row.Shop, model = row.Model, number = row.Number, state = (int)row.State, next = (int)next, cursor, customers = derived };
        // Somebody may have retired it meanwhile: what was derived goes with the rest of it.
        if (await write.Connection.ExecuteAsync(Command(AdvanceSql, values, cancellation, write.Transaction)) == 1 && next == DerivationState.Active)
            await write.Connection.ExecuteAsync(Command(RetireSql, new { shop = row.Shop, model = row.Model, except = row.Number, activeToo = true }, cancellation, write.Transaction));
    }
}
