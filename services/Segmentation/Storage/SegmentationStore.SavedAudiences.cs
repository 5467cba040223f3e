using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using Dapper;
using Perennial.Foundation.Filters;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Storage;

/// <summary>A saved audience.</summary>
/// <param name="Members">Those found so far, while it is being derived.</param>
internal sealed record AudienceState(string Id, string Title, string Filter, int Revision, DateTimeOffset CreateTime, DateTimeOffset UpdateTime, long Members, bool IsDeriving)
{
    /// <summary>Changes with every change of the audience, and where another one took its id.</summary>
    public string Etag => string.Create(CultureInfo.InvariantCulture, $"{Revision}-{CreateTime.ToUnixTimeMilliseconds()}");
}

/// <summary>Outcome of a write: the audience afterwards, or why not.</summary>
internal sealed record AudienceChanged(Refusal Refusal, AudienceState? Audience);

/// <summary>
/// Keeps audiences. Each is put to work as a model is, by a derivation of its own: the same steps, the same sweep and the same feed. Where what it rests on changes, a new
/// derivation takes the place of the old one, and whoever is elsewhere by it is told to have moved with it.
/// </summary>
internal sealed partial class SegmentationStore
{
    readonly ConcurrentDictionary<(string Shop, string Model, int Number), BoundAudience> _boundAudiences = new();

    sealed record AudienceRow
    {
        public string Audience { get; init; } = "";
        public string Title { get; init; } = "";
        public string Filter { get; init; } = "";
        public int Revision { get; init; }
        public DateTimeOffset CreateTime { get; init; }
        public DateTimeOffset UpdateTime { get; init; }

        public AudienceState ToState(long members, bool isDeriving) => new(Audience, Title, Filter, Revision, CreateTime, UpdateTime, members, isDeriving);
    }

    const string AudienceColumns = "audience, title, filter, revision, create_time, update_time";

    internal string AudienceOneSql => $"""
        SELECT {AudienceColumns}
        FROM {database.Prefix}audience
        WHERE shop = @shop
          AND audience = @audience
        """;

    internal string AudiencesSql => $"""
        SELECT {AudienceColumns}
        FROM {database.Prefix}audience
        WHERE shop = @shop
          AND audience > @after
        ORDER BY audience
        {database.Limit("@limit")}
        """;

    /// <summary>The newest derivation of each, and how many are inside by it.</summary>
    internal string MemberCountSql => $"""
        SELECT d.state, (SELECT COUNT(*) FROM {database.Prefix}membership m WHERE m.derivation = d.id AND m.stage = @inside) AS members
        FROM {database.Prefix}derivation d
        WHERE d.shop = @shop
          AND d.model = @model
          AND d.state IN (1, 2)
        ORDER BY d.number DESC
        {database.Limit("@limit")}
        """;

    sealed record MemberCountRow
    {
        public DerivationState State { get; init; }
        public long Members { get; init; }
    }

    /// <summary>Null where there is none.</summary>
    public Task<AudienceState?> FindAudienceAsync(string shop, string id, CancellationToken cancellation) => database.ReadAsync(c => FindAudienceAsync(c, null, shop, id, cancellation), cancellation);

    async Task<AudienceState?> FindAudienceAsync(DbConnection connection, DbTransaction? transaction, string shop, string id, CancellationToken cancellation)
        => await connection.QuerySingleOrDefaultAsync<AudienceRow>(Command(AudienceOneSql, new { shop, audience = id }, cancellation, transaction)) is { } row ? await StateAsync(connection, transaction, shop, row, cancellation) : null;

    async Task<AudienceState> StateAsync(DbConnection connection, DbTransaction? transaction, string shop, AudienceRow row, CancellationToken cancellation)
    {
        var count = await connection.QueryFirstOrDefaultAsync<MemberCountRow>(Command(MemberCountSql, new { shop, model = BoundAudience.ModelOf(row.Audience), inside = BoundAudience.Inside, limit = 1 }, cancellation, transaction));
        return row.ToState(count?.Members ?? 0, count?.State != DerivationState.Active);
    }

    /// <summary>By id, after one.</summary>
    public Task<IReadOnlyList<AudienceState>> ListAudiencesAsync(string shop, string after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<AudienceState>>(async connection =>
    {
        var states = new List<AudienceState>();
        foreach (var row in await RowsAsync(connection, null, shop, after, limit, cancellation)) states.Add(await StateAsync(connection, null, shop, row, cancellation));
        return states;
    }, cancellation);

    async Task<List<AudienceRow>> RowsAsync(DbConnection connection, DbTransaction? transaction, string shop, string after, int limit, CancellationToken cancellation)
        => (await connection.QueryAsync<AudienceRow>(Command(AudiencesSql, new { shop, after, limit }, cancellation, transaction))).AsList();

    internal string AddAudienceSql => $"""
        INSERT INTO {database.Prefix}audience (shop, audience, title, filter, revision, create_time, update_time)
        VALUES (@shop, @audience, @title, @filter, 1, @now, @now)
        """;

    /// <summary>Saves an audience and begins to derive it; the same content again is no new one.</summary>
    /// <exception cref="FilterException">The filter asks for what there is not.</exception>
    public Task<AudienceChanged> CreateAudienceAsync(Shop shop, string id, string title, string filter, int most, bool isDry, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await CheckAsync(write, shop, filter, cancellation);
        if (await FindAudienceAsync(write.Connection, write.Transaction, shop.Id, id, cancellation) is { } found)
            return new AudienceChanged(found.Title == title && found.Filter == filter ? Refusal.None : Refusal.Exists, found);
        if ((await RowsAsync(write.Connection, write.Transaction, shop.Id, "", most, cancellation)).Count >= most) return new AudienceChanged(Refusal.TooMany, null);
        if (isDry) return new AudienceChanged(Refusal.None, new AudienceState(id, title, filter, 1, now, now, 0, true));
        await write.Connection.ExecuteAsync(Command(AddAudienceSql, new { shop = shop.Id, audience = id, title, filter, now }, cancellation, write.Transaction));
        await RefreshAudiencesAsync(write, shop, now, cancellation);
        return new AudienceChanged(Refusal.None, await FindAudienceAsync(write.Connection, write.Transaction, shop.Id, id, cancellation));
    }, cancellation);

    internal string ChangeAudienceSql => $"""
        UPDATE {database.Prefix}audience
        SET title = @title, filter = @filter, revision = revision + 1, update_time = @now
        WHERE shop = @shop
          AND audience = @audience
        """;

    /// <summary>Replaces title and filter; the same content again changes nothing.</summary>
    /// <exception cref="FilterException">The filter asks for what there is not.</exception>
    public Task<AudienceChanged> UpdateAudienceAsync(Shop shop, string id, string title, string filter, string etag, bool isDry, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await CheckAsync(write, shop, filter, cancellation);
        if (await FindAudienceAsync(write.Connection, write.Transaction, shop.Id, id, cancellation) is not { } found) return new AudienceChanged(Refusal.NotFound, null);
        if (etag.Length > 0 && etag != found.Etag) return new AudienceChanged(Refusal.EtagMismatch, found);
        if (found.Title == title && found.Filter == filter) return new AudienceChanged(Refusal.None, found);
        if (isDry) return new AudienceChanged(Refusal.None, found with { Title = title, Filter = filter, Revision = found.Revision + 1, UpdateTime = now });
        await write.Connection.ExecuteAsync(Command(ChangeAudienceSql, new { shop = shop.Id, audience = id, title, filter, now }, cancellation, write.Transaction));
        await RefreshAudiencesAsync(write, shop, now, cancellation);
        return new AudienceChanged(Refusal.None, await FindAudienceAsync(write.Connection, write.Transaction, shop.Id, id, cancellation));
    }, cancellation);

    internal string ForgetAudienceSql => $"""
        DELETE FROM {database.Prefix}audience
        WHERE shop = @shop
          AND audience = @audience
        """;

    /// <summary>Forgets an audience; its members go in steps, and nobody is told.</summary>
    public Task<Refusal> DeleteAudienceAsync(Shop shop, string id, string etag, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        if (await FindAudienceAsync(write.Connection, write.Transaction, shop.Id, id, cancellation) is not { } found) return Refusal.None;
        if (etag.Length > 0 && etag != found.Etag) return Refusal.EtagMismatch;
        await write.Connection.ExecuteAsync(Command(ForgetAudienceSql, new { shop = shop.Id, audience = id }, cancellation, write.Transaction));
        await CountRevisionAsync(write, cancellation);
        await write.Connection.ExecuteAsync(Command(RetireSql, new { shop = shop.Id, model = BoundAudience.ModelOf(id), except = 0, activeToo = true, now }, cancellation, write.Transaction));
        return Refusal.None;
    }, cancellation);

    async Task CheckAsync(Write write, Shop shop, string filter, CancellationToken cancellation)
        => Read(filter, await GroundAsync(write.Connection, write.Transaction, shop, cancellation));

    static Audience Read(string filter, AudienceGround ground) => new AudienceFilters(ground.Measures.Models.ToDictionary(m => m.Key, m => m.Value.Model)).Read(filter);

    /// <summary>An audience that could no longer be told if a model became another one, or null were active no more; null where none is.</summary>
    async Task<string?> FindUserAsync(Write write, string shop, string model, LifecycleModel? becomes, CancellationToken cancellation)
    {
        if (await FindShopAsync(write.Connection, write.Transaction, shop, cancellation) is not { } known) return null;
        var models = (await GroundAsync(write.Connection, write.Transaction, known, cancellation)).Measures.Models.ToDictionary(m => m.Key, m => m.Value.Model);
        if (becomes is null) models.Remove(model);
        else models[model] = becomes;
        var filters = new AudienceFilters(models);
        foreach (var row in await RowsAsync(write.Connection, write.Transaction, shop, "", int.MaxValue, cancellation))
        {
            try
            {
                filters.Read(row.Filter);
            }
            catch (FilterException)
            {
                return row.Audience;
            }
        }
        return null;
    }

    internal string BindingSql => $"""
        SELECT document
        FROM {database.Prefix}audience_binding
        WHERE shop = @shop
          AND model = @model
          AND number = @number
        """;

    internal string AddBindingSql => $"""
        INSERT INTO {database.Prefix}audience_binding (shop, model, number, document)
        VALUES (@shop, @model, @number, @document)
        """;

    internal string ForgetBindingSql => $"""
        DELETE FROM {database.Prefix}audience_binding
        WHERE shop = @shop
          AND model = @model
          AND number = @number
        """;

    internal string NewestBindingSql => $"""
        SELECT b.document
        FROM {database.Prefix}derivation d
        JOIN {database.Prefix}audience_binding b ON b.shop = d.shop AND b.model = d.model AND b.number = d.number
        WHERE d.shop = @shop
          AND d.model = @model
          AND d.state IN (1, 2)
        ORDER BY d.number DESC
        {database.Limit("@limit")}
        """;

    /// <summary>Keeps a fit of the value models as the next revision and answers its number; audiences that ask for what is predicted are derived anew by it.</summary>
    public Task<int> AddValuesAsync(Shop shop, DateTimeOffset asOf, DateTimeOffset now, OrderGapAnalysis gaps, ValueModel model, CancellationToken cancellation)
        => _values.AddAsync(shop.Id, asOf, now, gaps, model, cancellation, write => RefreshAudiencesAsync(write, shop, now, cancellation));

    /// <summary>Derives anew every audience of a shop of which the newest derivation rests on something else than there is now.</summary>
    async Task RefreshAudiencesAsync(Write write, Shop shop, DateTimeOffset now, CancellationToken cancellation)
    {
        if (await RowsAsync(write.Connection, write.Transaction, shop.Id, "", int.MaxValue, cancellation) is not { Count: > 0 } rows) return;
        var ground = await GroundAsync(write.Connection, write.Transaction, shop, cancellation);
        foreach (var row in rows)
        {
            var model = BoundAudience.ModelOf(row.Audience);
            var document = Documents.Write(BindingOf(row.Filter, ground, _terms));
            if (await write.Connection.ExecuteScalarAsync<string?>(Command(NewestBindingSql, new { shop = shop.Id, model, limit = 1 }, cancellation, write.Transaction)) == document) continue;
            var number = await StartAsync(write, shop.Id, model, row.Revision, 0, now, cancellation);
            await write.Connection.ExecuteAsync(Command(AddBindingSql, new { shop = shop.Id, model, number, document }, cancellation, write.Transaction));
        }
    }

    static AudienceBinding BindingOf(string filter, AudienceGround ground, ForecastTerms terms)
    {
        var fields = Read(filter, ground).Fields;
        var overlays = fields.Where(f => f.Source == FieldSource.Overlay).Select(f => f.Overlay).ToList();
        var needsPopulation = overlays.Exists(o => o is OverlayKind.Vip or OverlayKind.Returning) || fields.Any(f => f.Source == FieldSource.Feature && f.Axis.Traits.Needs != PopulationPart.None);
        return new AudienceBinding(
            filter,
            ground.Measures.Zone.Id,
            needsPopulation ? ground.PopulationRevision : 0,
            overlays.Count > 0 ? ground.SettingsRevision : null,
            overlays.Contains(OverlayKind.Vip) ? ground.TopSpend : null,
            [.. fields.Where(f => f.Source == FieldSource.Stage).Select(f => ground.Measures.Models[f.Key]).Distinct().OrderBy(m => m.Id, StringComparer.Ordinal).Select(m => new BoundRevision(m.Id, m.Revision, m.PopulationRevision))],
            fields.Any(f => f.IsPredicted) && ground.ValueRevision > 0 ? ValueOf(fields.Any(f => f.Source == FieldSource.PredictedClv)) : null);

        BoundValue ValueOf(bool isMoney) => new(ground.ValueRevision, isMoney ? terms.AnnualDiscount : null, isMoney ? terms.Margin : null);
    }

    /// <summary>What a derivation of an audience rests on, from memory where it was asked for before.</summary>
    async Task<BoundAudience> BindAudienceAsync(DbConnection connection, DbTransaction? transaction, string shop, string model, TimeZoneInfo zone, int number, CancellationToken cancellation, bool isKept)
    {
        if (_boundAudiences.TryGetValue((shop, model, number), out var bound)) return bound;
        var binding = Documents.ReadBinding((await connection.ExecuteScalarAsync<string>(Command(BindingSql, new { shop, model, number }, cancellation, transaction)))!);
        var models = new Dictionary<string, BoundModel>(StringComparer.Ordinal);
        foreach (var m in binding.Models) models[m.Model] = await BindAsync(connection, transaction, shop, m.Model, m.Revision, m.Population, cancellation, isKept);
        var population = binding.Population == 0 ? null : (await FindPopulationAsync(connection, transaction, shop, binding.Population, cancellation))?.Population;
        var settings = (await FindOverlaysAsync(connection, transaction, shop, binding.Overlays ?? 0, cancellation))!.Settings;
        if (binding.Overlays == 0) settings = OverlaySettings.Default;
        var measures = new AudienceMeasures(models, population, settings.Against(population, binding.TopSpend), zone)
        {
            Predictor = binding.Value is { } value ? Predictor.Of((await _values.ReadAsync(connection, transaction, shop, value.Revision, cancellation)).Model, _terms with { AnnualDiscount = value.Discount ?? 0, Margin = value.Margin ?? 1 }) : null,
        };
        bound = new BoundAudience(BoundAudience.IdOf(model)!, number, new AudienceFilters(models.ToDictionary(m => m.Key, m => m.Value.Model)).Read(binding.Filter), measures);
        if (_boundAudiences.Count >= BoundModelsMax) _boundAudiences.Clear();
        // What the transaction itself wrote may yet come to nothing, and its number to another filter.
        if (isKept) _boundAudiences[(shop, model, number)] = bound;
        return bound;
    }
}
