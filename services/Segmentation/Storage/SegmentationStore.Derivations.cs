using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Storage;

/// <summary>The numbers are stored.</summary>
internal enum DerivationState
{
    /// <summary>Customers are being derived, and those who change are kept up to date.</summary>
    Deriving = 1,
    /// <summary>Answers rest on it.</summary>
    Active = 2,
    /// <summary>What is derived is being removed.</summary>
    Retiring = 3,
    Retired = 4,
}

/// <summary>A revision of a model at work in a shop.</summary>
/// <param name="Zone">Whose days it counts: the shop's, as it was when it began.</param>
/// <param name="Number">From 1 per model; a number is never used again.</param>
/// <param name="Cursor">The last customer derived so far, by key.</param>
/// <param name="CustomerCount">Customers derived so far.</param>
internal sealed record Derivation(int Id, string Shop, BoundModel Model, TimeZoneInfo Zone, int Number, DerivationState State, DateTimeOffset StartTime, long Cursor, long CustomerCount)
{
    /// <summary>Where it keeps the members of an audience: those in the first stage of its model.</summary>
    public BoundAudience? Audience { get; init; }

    /// <summary>Where it keeps what the shop's orders add up to, and no stages.</summary>
    public bool IsTally => Model.Id == OrderTally.Name;

    /// <summary>Where it keeps the stages of a model that a shop has.</summary>
    public bool IsOfModel => Audience is null && !IsTally;

    /// <summary>What of a record it reads.</summary>
    public Sources Sources => Audience?.Sources ?? Model.Sources | Sources.Purchases;

    /// <summary>From when on answers rested on it; null where they do not yet.</summary>
    public DateTimeOffset? ActiveTime { get; init; }

    /// <summary>From when on they no longer did.</summary>
    public DateTimeOffset? RetireTime { get; init; }
}

/// <summary>What a step did.</summary>
/// <param name="Customers">Customers that it took in hand.</param>
/// <param name="IsDone">It was the last one of its derivation.</param>
internal sealed record DerivationStep(string Shop, string Model, int Number, DerivationState State, int Customers, bool IsDone);

/// <summary>
/// Puts models to work and takes them out. Every derivation has counts and memberships of its own; the feed keeps those of every one that is deriving or active, so that
/// the one can take the place of the other in a single statement. A step of a derivation locks the positions of all partitions: whatever the feed applied before, it
/// sees, and whatever the feed applies afterwards knows of the step.
/// </summary>
internal sealed partial class SegmentationStore
{
    sealed record DerivationRow
    {
        public int Id { get; init; }
        public string Shop { get; init; } = "";
        public string Model { get; init; } = "";
        public int Number { get; init; }
        public int ModelRevision { get; init; }
        public int PopulationRevision { get; init; }
        public string TimeZone { get; init; } = "";
        public DerivationState State { get; init; }
        public DateTimeOffset StartTime { get; init; }
        public DateTimeOffset? ActiveTime { get; init; }
        public DateTimeOffset? RetireTime { get; init; }
        public long CustomerCursor { get; init; }
        public long CustomerCount { get; init; }
    }

    const string DerivationColumns = "id, shop, model, number, model_revision, population_revision, state, start_time, active_time, retire_time, customer_cursor, customer_count, time_zone";

    internal string AddDerivationSql => $"""
        INSERT INTO {database.Prefix}derivation ({DerivationColumns})
        SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM {database.Prefix}derivation), @shop, @model, @number, @revision, @population, 1, @now, NULL, NULL, 0, 0, time_zone
        FROM {database.Prefix}shop
        WHERE shop = @shop
        """;

    internal string AddDefaultSql => $"""
        INSERT INTO {database.Prefix}derivation ({DerivationColumns})
        SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM {database.Prefix}derivation), @shop, @model, 1, @revision, 0, 2, @now, @now, NULL, @all, 0, time_zone
        FROM {database.Prefix}shop
        WHERE shop = @shop
          AND NOT EXISTS (SELECT 1 FROM {database.Prefix}derivation WHERE shop = @shop AND model = @model)
        """;

    /// <summary>The model of callers that name none, and the tally of orders, are active from the first event on; where a backup brought derivations back, they stay.</summary>
    async Task AddDefaultsAsync(Write write, string shop, CancellationToken cancellation)
    {
        foreach (var (model, revision) in ((string, int)[])[(BuiltInModels.Default, BuiltInModels.Revision), (OrderTally.Name, OrderTally.Model.Revision)])
            await write.Connection.ExecuteAsync(Command(AddDefaultSql, new { shop, model, revision, now = DateTimeOffset.UnixEpoch, all = long.MaxValue }, cancellation, write.Transaction));
    }

    internal string DerivationsSql => $"""
        SELECT {DerivationColumns}
        FROM {database.Prefix}derivation
        WHERE shop = @shop
          AND state IN (1, 2)
        ORDER BY model, number
        """;

    Task<IReadOnlyList<Derivation>> ReadDerivationsAsync(DbConnection connection, DbTransaction? transaction, string shop, CancellationToken cancellation)
        => DerivationsAsync(connection, transaction, shop, cancellation, areKept: true);

    internal string DerivationSql => $"""
        SELECT {DerivationColumns}
        FROM {database.Prefix}derivation
        WHERE id = @id
        """;

    async Task<Derivation> ReadDerivationAsync(Write write, int id, CancellationToken cancellation)
    {
        var row = await write.Connection.QuerySingleAsync<DerivationRow>(Command(DerivationSql, new { id }, cancellation, write.Transaction));
        return await ToDerivationAsync(write.Connection, write.Transaction, row, cancellation, isKept: true);
    }

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
    {
        var audience = BoundAudience.IdOf(row.Model) is null ? null : await BindAudienceAsync(connection, transaction, row.Shop, row.Model, ZoneOf(row.TimeZone), row.Number, cancellation, isKept);
        var model = audience?.Model ?? (row.Model == OrderTally.Name ? OrderTally.Model : await BindAsync(connection, transaction, row.Shop, row.Model, row.ModelRevision, row.PopulationRevision, cancellation, isKept));
        return new(row.Id, row.Shop, model, ZoneOf(row.TimeZone), row.Number, row.State, row.StartTime, row.CustomerCursor, row.CustomerCount)
        {
            Audience = audience,
            ActiveTime = row.ActiveTime,
            RetireTime = row.RetireTime,
        };
    }

    /// <summary>What answers about a model rest on; null where it is not active.</summary>
    public Task<Derivation?> FindActiveAsync(string shop, string model, CancellationToken cancellation) => database.ReadAsync(
        async connection => (await DerivationsAsync(connection, null, shop, cancellation, areKept: true)).FirstOrDefault(d => d.State == DerivationState.Active && d.Model.Id == model && d.IsOfModel), cancellation);

    internal string UsesSql => $"""
        SELECT {DerivationColumns}
        FROM {database.Prefix}derivation
        WHERE shop = @shop
          AND model = @model
          AND active_time IS NOT NULL
        ORDER BY active_time, number
        """;

    /// <summary>Every derivation that answers about a model ever rested on, in that order.</summary>
    public Task<IReadOnlyList<Derivation>> ListUsesAsync(string shop, string model, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<Derivation>>(async connection =>
    {
        var uses = new List<Derivation>();
        foreach (var row in (await connection.QueryAsync<DerivationRow>(Command(UsesSql, new { shop, model }, cancellation))).AsList())
            uses.Add(await ToDerivationAsync(connection, null, row, cancellation, isKept: true));
        return [.. uses.Where(u => u.IsOfModel)];
    }, cancellation);

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
        if (await FindUserAsync(write, shop, wanted.Id, wanted.Model, cancellation) is { } user) return new ModelChange(Refusal.AudienceUses, wanted) { Audience = user };
        if (isDry || (newest?.Revision == wanted.Revision && newest.PopulationRevision == (population?.Revision ?? 0))) return new ModelChange(Refusal.None, wanted);
        await StartAsync(write, shop, wanted.Id, wanted.Revision, population?.Revision ?? 0, now, cancellation);
        return new ModelChange(Refusal.None, await FindModelAsync(write.Connection, write.Transaction, shop, wanted.Id, wanted.Revision, cancellation));
    }

    internal string RetireSql => $"""
        UPDATE {database.Prefix}derivation
        SET state = 3, retire_time = @now, customer_cursor = 0
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

    /// <summary>Answers the number of the derivation.</summary>
    async Task<int> StartAsync(Write write, string shop, string model, int revision, int population, DateTimeOffset now, CancellationToken cancellation)
    {
        await CountRevisionAsync(write, cancellation);
        var number = 1 + await write.Connection.ExecuteScalarAsync<int>(Command(LastNumberSql, new { shop, model }, cancellation, write.Transaction));
        await write.Connection.ExecuteAsync(Command(RetireSql, new { shop, model, except = 0, activeToo = false, now }, cancellation, write.Transaction));
        await write.Connection.ExecuteAsync(Command(AddDerivationSql, new { shop, model, number, revision, population, now }, cancellation, write.Transaction));
        return number;
    }

    /// <summary>Takes a model out of work; what was derived goes in steps.</summary>
    public Task<ModelChange> DeactivateModelAsync(string shop, string id, string etag, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var latest = await FindModelAsync(write.Connection, write.Transaction, shop, id, 0, cancellation);
        if (latest is null) return new ModelChange(Refusal.NotFound, null);
        if (etag.Length > 0 && etag != latest.Etag) return new ModelChange(Refusal.EtagMismatch, latest);
        if (await FindUserAsync(write, shop, id, null, cancellation) is { } user) return new ModelChange(Refusal.AudienceUses, latest) { Audience = user };
        await CountRevisionAsync(write, cancellation);
        await write.Connection.ExecuteAsync(Command(RetireSql, new { shop, model = id, except = 0, activeToo = true, now }, cancellation, write.Transaction));
        return new ModelChange(Refusal.None, latest with { Active = null, Deriving = null });
    }, cancellation);

    internal string WorkSql => $"""
        SELECT {DerivationColumns}
        FROM {database.Prefix}derivation
        WHERE state IN (1, 3)
        ORDER BY state, start_time, shop, model, number
        {database.Limit("@limit")}
        """;

    // Sets what it finds: the lock is what counts.
    internal string LockPositionsSql => $"UPDATE {database.Prefix}checkpoint_position SET position = position";

    internal string NextRecordsSql => $"""
        SELECT id, customer, identified, record
        FROM {database.Prefix}customer
        WHERE id > @after
          AND id <= @last
        ORDER BY id
        {database.Limit("@limit")}
        """;

    internal string AdvanceSql => $"""
        UPDATE {database.Prefix}derivation
        SET customer_cursor = @cursor, customer_count = customer_count + @customers, state = @next, active_time = COALESCE(active_time, @active)
        WHERE id = @id
          AND state = @state
        """;

    internal string ForgetOrdersSql => $"DELETE FROM {database.Prefix}order_tally WHERE derivation = @id";

    internal string ForgetStepsSql => $"DELETE FROM {database.Prefix}stage_step WHERE derivation = @id";

    internal string ForgetDaysSql => $"""
        DELETE FROM {database.Prefix}stage_day
        WHERE derivation = @id
          AND day <= (
            SELECT MAX(day)
            FROM (
                SELECT day
                FROM {database.Prefix}stage_day
                WHERE derivation = @id
                ORDER BY day
                {database.Limit("@limit")}
            ) d
        )
        """;

    internal string ForgetPresentSql => $"""
        DELETE FROM {database.Prefix}membership
        WHERE derivation = @id
          AND customer <= (
            SELECT MAX(customer)
            FROM (
                SELECT customer
                FROM {database.Prefix}membership
                WHERE derivation = @id
                ORDER BY customer
                {database.Limit("@limit")}
            ) c
        )
        """;

    /// <summary>
    /// Derives, or removes, the next customers of what has waited longest, in one transaction; null where nothing waits. After the last customer an active
    /// derivation of the same model gives way in the same transaction.
    /// </summary>
    public async Task<DerivationStep?> StepAsync(int customers, DateTimeOffset now, CancellationToken cancellation)
    {
        // Nobody is kept waiting while there is nothing to do.
        if (await database.ReadAsync(c => FirstAsync(c, null, cancellation), cancellation) is null) return null;
        return await database.WriteAsync(async write =>
        {
            await LockAsync(write, cancellation);
            if (await FirstAsync(write.Connection, write.Transaction, cancellation) is not { } row) return null;
            return row.State == DerivationState.Deriving ? await DeriveAsync(write, row, customers, now, cancellation) : await RemoveAsync(write, row, customers, cancellation);
        }, cancellation);
    }

    Task<DerivationRow?> FirstAsync(DbConnection connection, DbTransaction? transaction, CancellationToken cancellation)
        => connection.QueryFirstOrDefaultAsync<DerivationRow>(Command(WorkSql, new { limit = 1 }, cancellation, transaction));

    async Task<DerivationStep> DeriveAsync(Write write, DerivationRow row, int limit, DateTimeOffset now, CancellationToken cancellation)
    {
        var shop = (await FindShopAsync(write.Connection, write.Transaction, row.Shop, cancellation))!;
        var derivation = await ToDerivationAsync(write.Connection, write.Transaction, row, cancellation, isKept: true);
        var customers = await NextAsync(write, shop, row, limit, cancellation);
        var derived = new Derived();
        foreach (var c in customers)
        {
            var record = RecordCodec.Read(c.Record, derivation.Sources);
            if (derivation.IsTally)
            {
                derived.Tally(derivation, c.Identified, null, record.Now(shop.Currency, derivation.Zone, derivation.Sources)?.Purchases);
                continue;
            }
            if (TimelineOf(record, c.Identified, derivation, shop) is not var (history, timeline)) continue;
            if (derivation.Audience is null) derived.Count(derivation, c.Id, c.Identified, [], StageShares.Of(history, timeline));
            derived.Place(derivation, c.Id, null, Present.Of(timeline, now));
        }
        await derived.WriteAsync(write, database.Prefix, cancellation);
        var isDone = customers.Count < limit;
        var cursor = isDone ? long.MaxValue : customers[^1].Id;
        var next = isDone ? DerivationState.Active : DerivationState.Deriving;
        var values = new { id = row.Id, state = (int)row.State, next = (int)next, cursor, customers = customers.Count, active = isDone ? now : (DateTimeOffset?)null };
        // What the clock has brought is told by the one that is active, and is not the doing of the new one.
        if (isDone) await SweepAsync(write, (await write.Connection.QueryAsync<DueRow>(Command(DueOfModelSql, new { now, shop = row.Shop, model = row.Model }, cancellation, write.Transaction))).AsList(), now, cancellation);
        // Somebody may have retired it meanwhile: what was derived goes with the rest of it.
        if (await write.Connection.ExecuteAsync(Command(AdvanceSql, values, cancellation, write.Transaction)) == 1 && isDone)
        {
            await TakeOverAsync(write, shop, derivation, now, cancellation);
            await RefreshAudiencesAsync(write, shop, now, cancellation);
        }
        return new DerivationStep(row.Shop, row.Model, row.Number, row.State, customers.Count, isDone);
    }

    async Task<List<RecordRow>> NextAsync(Write write, Shop shop, DerivationRow row, int limit, CancellationToken cancellation)
    {
        var values = new { after = Math.Max(row.CustomerCursor, CustomerKey.First(shop.Number)), last = CustomerKey.Last(shop.Number), limit };
        return (await write.Connection.QueryAsync<RecordRow>(Command(NextRecordsSql, values, cancellation, write.Transaction))).AsList();
    }

    internal string MovedSql => $"""
        SELECT n.customer, o.stage AS from_stage, n.stage AS to_stage
        FROM {database.Prefix}membership n
        JOIN {database.Prefix}membership o ON o.derivation = @old AND o.customer = n.customer
        WHERE n.derivation = @id
        ORDER BY n.customer
        """;

    sealed record MovedRow
    {
        public long Customer { get; init; }
        public int FromStage { get; init; }
        public int ToStage { get; init; }
    }

    /// <summary>Whoever is in another stage by the new derivation changes with it.</summary>
    async Task TakeOverAsync(Write write, Shop shop, Derivation derivation, DateTimeOffset now, CancellationToken cancellation)
    {
        var old = (await ReadDerivationsAsync(write.Connection, write.Transaction, shop.Id, cancellation))
            .FirstOrDefault(d => d.State == DerivationState.Active && d.Model.Id == derivation.Model.Id && d.Id != derivation.Id);
        if (old is null) return;
        var derived = new Derived();
        foreach (var m in (await write.Connection.QueryAsync<MovedRow>(Command(MovedSql, new { id = derivation.Id, old = old.Id }, cancellation, write.Transaction))).AsList())
        {
            var (from, to) = (Derived.StageOf(old.Model, m.FromStage), Derived.StageOf(derivation.Model, m.ToStage));
            // The feed names stages by their place in the model of the row: what the new one does not have is none.
            if (from?.Id != to?.Id) derived.Tell(derivation, shop.Number, m.Customer, [new Transition(derivation.Model.Model.Stages.FirstOrDefault(s => s.Id == from?.Id), to, now, new Cause(CauseKind.Model))], now);
        }
        await AppendTransitionsAsync(write, derived.Transitions, cancellation);
        await write.Connection.ExecuteAsync(Command(RetireSql, new { shop = shop.Id, model = derivation.Model.Id, except = derivation.Number, activeToo = true, now }, cancellation, write.Transaction));
    }

    /// <summary>By customers, and by days, so that a step is a range of either key.</summary>
    async Task<DerivationStep> RemoveAsync(Write write, DerivationRow row, int limit, CancellationToken cancellation)
    {
        var values = new { id = row.Id, limit };
        var customers = await write.Connection.ExecuteAsync(Command(ForgetPresentSql, values, cancellation, write.Transaction));
        var days = await write.Connection.ExecuteAsync(Command(ForgetDaysSql, values, cancellation, write.Transaction));
        var isDone = customers == 0 && days == 0;
        if (isDone)
        {
            await write.Connection.ExecuteAsync(Command(ForgetStepsSql, values, cancellation, write.Transaction));
            await write.Connection.ExecuteAsync(Command(ForgetOrdersSql, values, cancellation, write.Transaction));
            await write.Connection.ExecuteAsync(Command(ForgetBindingSql, new { shop = row.Shop, model = row.Model, number = row.Number }, cancellation, write.Transaction));
            await write.Connection.ExecuteAsync(Command(AdvanceSql, new { id = row.Id, state = (int)row.State, next = (int)DerivationState.Retired, cursor = 0L, customers = 0, active = (DateTimeOffset?)null }, cancellation, write.Transaction));
        }
        return new DerivationStep(row.Shop, row.Model, row.Number, row.State, customers, isDone);
    }
}
