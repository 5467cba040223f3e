using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>A model at one revision, and what of it is at work.</summary>
/// <param name="CreateTime">Null for a built-in model.</param>
/// <param name="Active">What answers rest on.</param>
/// <param name="Deriving">What will take its place.</param>
internal sealed record ModelState(string Id, int Revision, int LatestRevision, LifecycleModel Model, DateTimeOffset? CreateTime, Derivation? Active, Derivation? Deriving)
{
    public bool IsBuiltIn => CreateTime is null;

    /// <summary>Changes with every revision, activation and deactivation, and not when a derivation comes to its end.</summary>
    public string Etag => string.Create(CultureInfo.InvariantCulture, $"{LatestRevision}-{(Deriving ?? Active)?.Number ?? 0}");
}

/// <summary>A population at one revision.</summary>
internal sealed record PopulationState(int Revision, int LatestRevision, Population Population, DateTimeOffset CreateTime);

/// <summary>Why something was not written; nothing of it was.</summary>
internal enum Refusal
{
    None,
    NotFound,
    Exists,
    BuiltIn,
    EtagMismatch,
    RevisionNotFound,
    PopulationMissing,
    AudienceUses,
    TooMany,
}

/// <summary>Outcome of a write: the model afterwards, or why not.</summary>
internal sealed record ModelChange(Refusal Refusal, ModelState? Model)
{
    /// <summary>Which one uses it, for <see cref="Refusal.AudienceUses"/>.</summary>
    public string Audience { get; init; } = "";
}

/// <summary>Keeps models and populations. Revisions are rows that never change.</summary>
internal sealed partial class SegmentationStore
{
    /// <summary>Bound models kept in memory; beyond, all are read again. They never change, so they are never stale.</summary>
    const int BoundModelsMax = 1_000;

    readonly ConcurrentDictionary<(string Shop, string Model, int Revision, int Population), BoundModel> _bound = new();

    sealed record DocumentRow
    {
        public string Model { get; init; } = "";
        public int Revision { get; init; }
        public int Latest { get; init; }
        public string Document { get; init; } = "";
        public DateTimeOffset CreateTime { get; init; }
    }

    internal string ModelSql => $"""
        SELECT r.model, r.revision, l.latest, r.document, r.create_time
        FROM (
            SELECT shop, model, MAX(revision) AS latest
            FROM {database.Prefix}model_revision
            WHERE shop = @shop
              AND model = @model
            GROUP BY shop, model
        ) l
        JOIN {database.Prefix}model_revision r ON r.shop = l.shop AND r.model = l.model
        WHERE r.revision = @revision
           OR (@revision = 0 AND r.revision = l.latest)
        """;

    internal string LatestModelsSql => $"""
        SELECT r.model, r.revision, l.latest, r.document, r.create_time
        FROM (
            SELECT shop, model, MAX(revision) AS latest
            FROM {database.Prefix}model_revision
            WHERE shop = @shop
              AND model > @after
            GROUP BY shop, model
        ) l
        JOIN {database.Prefix}model_revision r ON r.shop = l.shop AND r.model = l.model AND r.revision = l.latest
        ORDER BY r.model
        {database.Limit("@limit")}
        """;

    internal string AddRevisionSql => $"""
        INSERT INTO {database.Prefix}model_revision (shop, model, revision, document, create_time)
        VALUES (@shop, @model, @revision, @document, @createTime)
        """;

    /// <summary>One revision, the latest for 0. Null where there is no such model or revision.</summary>
    public Task<ModelState?> FindModelAsync(string shop, string model, int revision, CancellationToken cancellation)
        => database.ReadAsync(connection => FindModelAsync(connection, null, shop, model, revision, cancellation), cancellation);

    async Task<ModelState?> FindModelAsync(DbConnection connection, DbTransaction? transaction, string shop, string model, int revision, CancellationToken cancellation)
    {
        if (BuiltInModels.All.TryGetValue(model, out var builtIn))
            return revision is 0 or BuiltInModels.Revision ? State(model, BuiltInModels.Revision, BuiltInModels.Revision, builtIn, null, await DerivationsAsync(connection, transaction, shop, cancellation)) : null;
        var row = await connection.QuerySingleOrDefaultAsync<DocumentRow>(Command(ModelSql, new { shop, model, revision }, cancellation, transaction));
        return row is null ? null : State(row, await DerivationsAsync(connection, transaction, shop, cancellation));
    }

    /// <summary>The latest revisions of built-in models and the shop's own, by id.</summary>
    public Task<IReadOnlyList<ModelState>> ListModelsAsync(string shop, string after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<ModelState>>(async connection =>
    {
        var rows = await connection.QueryAsync<DocumentRow>(Command(LatestModelsSql, new { shop, after, limit }, cancellation));
        var derivations = await DerivationsAsync(connection, null, shop, cancellation);
        var builtIn = BuiltInModels.All.Where(m => string.CompareOrdinal(m.Key, after) > 0).Select(m => State(m.Key, BuiltInModels.Revision, BuiltInModels.Revision, m.Value, null, derivations));
        return [.. rows.Select(r => State(r, derivations)).Concat(builtIn).OrderBy(m => m.Id, StringComparer.Ordinal).Take(limit)];
    }, cancellation);

    static ModelState State(DocumentRow row, IReadOnlyList<Derivation> derivations)
        => State(row.Model, row.Revision, row.Latest, Documents.ReadModel(row.Document), row.CreateTime, derivations);

    static ModelState State(string id, int revision, int latest, LifecycleModel model, DateTimeOffset? createTime, IReadOnlyList<Derivation> derivations) => new(
        id, revision, latest, model, createTime,
        derivations.FirstOrDefault(d => d.Model.Id == id && d.State == DerivationState.Active),
        derivations.FirstOrDefault(d => d.Model.Id == id && d.State == DerivationState.Deriving));

    /// <summary>Adds revision 1 of a new model; the same document again is no new model.</summary>
    public Task<ModelChange> CreateModelAsync(string shop, string id, LifecycleModel model, bool isDry, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var document = Documents.Write(model);
        if (await FindModelAsync(write.Connection, write.Transaction, shop, id, 0, cancellation) is { } found)
            return found is { IsBuiltIn: false, LatestRevision: 1 } && Documents.Write(found.Model) == document ? new ModelChange(Refusal.None, found) : new ModelChange(Refusal.Exists, found);
        return await AddRevisionAsync(write, shop, new ModelState(id, 0, 0, model, null, null, null), document, isDry, now, cancellation);
    }, cancellation);

    /// <summary>Adds a revision; the latest document again adds nothing.</summary>
    public Task<ModelChange> UpdateModelAsync(string shop, string id, LifecycleModel model, string etag, bool isDry, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var found = await FindModelAsync(write.Connection, write.Transaction, shop, id, 0, cancellation);
        return Refused(found, etag) ?? await AddRevisionAsync(write, shop, found! with { Model = model }, Documents.Write(found.Model) == Documents.Write(model) ? "" : Documents.Write(model), isDry, now, cancellation);
    }, cancellation);

    /// <summary>Adds an earlier document as the latest revision, and derives it where the model is active.</summary>
    public Task<ModelChange> RollbackModelAsync(string shop, string id, int revision, string etag, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var found = await FindModelAsync(write.Connection, write.Transaction, shop, id, 0, cancellation);
        if (Refused(found, etag) is { } refused) return refused;
        if (await FindModelAsync(write.Connection, write.Transaction, shop, id, revision, cancellation) is not { } earlier) return new ModelChange(Refusal.RevisionNotFound, found);
        var document = Documents.Write(earlier.Model);
        var rolled = await AddRevisionAsync(write, shop, found! with { Model = earlier.Model }, Documents.Write(found.Model) == document ? "" : document, false, now, cancellation);
        return found.Active is null && found.Deriving is null ? rolled : await ActivateAsync(write, shop, rolled.Model!, false, now, cancellation);
    }, cancellation);

    static ModelChange? Refused(ModelState? found, string etag)
        => found is null ? new ModelChange(Refusal.NotFound, null)
        : found.IsBuiltIn ? new ModelChange(Refusal.BuiltIn, found)
        : etag.Length > 0 && etag != found.Etag ? new ModelChange(Refusal.EtagMismatch, found)
        : null;

    /// <param name="document">Empty where the latest revision says it already.</param>
    async Task<ModelChange> AddRevisionAsync(Write write, string shop, ModelState model, string document, bool isDry, DateTimeOffset now, CancellationToken cancellation)
    {
        if (document.Length == 0) return new ModelChange(Refusal.None, model);
        var revision = model.LatestRevision + 1;
        // Of two that add the same one, one is run again and then adds the next, or learns that its etag is old.
        if (!isDry) await write.Connection.ExecuteAsync(Command(AddRevisionSql, new { shop, model = model.Id, revision, document, createTime = now }, cancellation, write.Transaction));
        return new ModelChange(Refusal.None, model with { Revision = revision, LatestRevision = revision, CreateTime = now });
    }

    internal string PopulationSql => $"""
        SELECT r.revision, l.latest, r.document, r.create_time
        FROM (
            SELECT shop, MAX(revision) AS latest
            FROM {database.Prefix}population_revision
            WHERE shop = @shop
            GROUP BY shop
        ) l
        JOIN {database.Prefix}population_revision r ON r.shop = l.shop
        WHERE r.revision = @revision
           OR (@revision = 0 AND r.revision = l.latest)
        """;

    internal string AddPopulationSql => $"""
        INSERT INTO {database.Prefix}population_revision (shop, revision, document, create_time)
        VALUES (@shop, @revision, @document, @createTime)
        """;

    /// <summary>One revision, the latest for 0. Null where there is none.</summary>
    public Task<PopulationState?> FindPopulationAsync(string shop, int revision, CancellationToken cancellation)
        => database.ReadAsync(connection => FindPopulationAsync(connection, null, shop, revision, cancellation), cancellation);

    async Task<PopulationState?> FindPopulationAsync(DbConnection connection, DbTransaction? transaction, string shop, int revision, CancellationToken cancellation)
        => await connection.QuerySingleOrDefaultAsync<DocumentRow>(Command(PopulationSql, new { shop, revision }, cancellation, transaction)) is { } row
            ? new PopulationState(row.Revision, row.Latest, Documents.ReadPopulation(row.Document), row.CreateTime)
            : null;

    /// <summary>
    /// Adds a revision and derives anew what is at work and measured against it; the latest figures again add nothing. Refused where <paramref name="expected"/> is
    /// not the latest revision, or an active model would lack a part.
    /// </summary>
    public Task<(Refusal Refusal, PopulationState? Population)> SetPopulationAsync(string shop, Population population, int expected, bool isDry, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var latest = await FindPopulationAsync(write.Connection, write.Transaction, shop, 0, cancellation);
        if (expected != 0 && expected != latest?.Revision) return (Refusal.EtagMismatch, latest);
        return await SetPopulationAsync(write, shop, latest, population, isDry, now, cancellation);
    }, cancellation);

    /// <summary>
    /// Adds what was learned as a revision. What could not be learned stays as it was; figures that were learned before and are the same add nothing. Answers the
    /// population afterwards.
    /// </summary>
    /// <param name="overHand">Whether it may take the place of what was set by hand.</param>
    public Task<PopulationState> LearnPopulationAsync(string shop, Population learned, bool overHand, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var latest = await FindPopulationAsync(write.Connection, write.Transaction, shop, 0, cancellation);
        if (latest is { Population.LearnTime: null } && !overHand) return latest;
        return (await SetPopulationAsync(write, shop, latest, learned.Or(latest?.Population), false, now, cancellation)).Population!;
    }, cancellation);

    async Task<(Refusal Refusal, PopulationState? Population)> SetPopulationAsync(Write write, string shop, PopulationState? latest, Population population, bool isDry, DateTimeOffset now, CancellationToken cancellation)
    {
        if (latest is not null && population.IsSame(latest.Population)) return (Refusal.None, latest);
        var relative = (await DerivationsAsync(write.Connection, write.Transaction, shop, cancellation)).Where(d => d.Model.Model.Needs.Any()).ToList();
        if (relative.Exists(d => !d.Model.Model.Needs.All(population.Has))) return (Refusal.PopulationMissing, latest);
        var revision = (latest?.Revision ?? 0) + 1;
        if (!isDry)
        {
            await write.Connection.ExecuteAsync(Command(AddPopulationSql, new { shop, revision, document = Documents.Write(population), createTime = now }, cancellation, write.Transaction));
            // What is measured against the same figures as before stays as it is.
            foreach (var newest in relative.GroupBy(d => d.Model.Id, StringComparer.Ordinal).Select(g => g.MaxBy(d => d.Number)!).Where(d => !d.Model.Model.Needs.All(n => population.IsSame(n, d.Model.Population!))))
                await StartAsync(write, shop, newest.Model.Id, newest.Model.Revision, revision, now, cancellation);
            if (await FindShopAsync(write.Connection, write.Transaction, shop, cancellation) is { } known) await RefreshAudiencesAsync(write, known, now, cancellation);
        }
        return (Refusal.None, new PopulationState(revision, revision, population, now));
    }

    /// <summary>A revision of a model with a population, from memory where it was asked for before.</summary>
    async Task<BoundModel> BindAsync(DbConnection connection, DbTransaction? transaction, string shop, string model, int revision, int populationRevision, CancellationToken cancellation, bool isKept)
    {
        var key = (shop, model, revision, populationRevision);
        if (_bound.TryGetValue(key, out var bound)) return bound;
        var document = BuiltInModels.All.GetValueOrDefault(model)
            ?? Documents.ReadModel((await connection.QuerySingleAsync<DocumentRow>(Command(ModelSql, new { shop, model, revision }, cancellation, transaction))).Document);
        var population = populationRevision == 0 ? null : (await FindPopulationAsync(connection, transaction, shop, populationRevision, cancellation))!.Population;
        bound = new BoundModel(model, revision, document, populationRevision, population);
        if (_bound.Count >= BoundModelsMax) _bound.Clear();
        // What the transaction itself wrote may yet come to nothing, and its revision to another document.
        if (isKept) _bound[key] = bound;
        return bound;
    }
}
