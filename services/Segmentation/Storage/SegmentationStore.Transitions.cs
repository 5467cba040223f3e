using System.Globalization;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Storage;

/// <summary>A change of a customer's present stage, as the feed keeps it.</summary>
/// <param name="From">Empty for none.</param>
/// <param name="To">Empty for none.</param>
internal sealed record ToldTransition(long Position, string Customer, bool Identified, string Model, int ModelRevision, string From, string To, DateTimeOffset Effective, DateTimeOffset Recorded, Cause Cause)
{
    /// <summary>The audience that the customer entered or left; then model and stages are empty. Empty where a stage changed.</summary>
    public string Audience { get; init; } = "";

    public bool Entered { get; init; }
}

/// <summary>Keeps the feed of transitions, and brings into it what the clock alone changes.</summary>
internal sealed partial class SegmentationStore
{
    internal string MoveHeadSql => $"UPDATE {database.Prefix}transition_head SET position = position + @count WHERE shop = @shop";

    internal string StartHeadSql => $"INSERT INTO {database.Prefix}transition_head (shop, position) VALUES (@shop, @count)";

    internal string HeadSql => $"SELECT position FROM {database.Prefix}transition_head WHERE shop = @shop";

    /// <summary>The head of a shop's feed is a row that every writer moves: positions are dense, and none commits before a lower one.</summary>
    async Task AppendTransitionsAsync(Write write, List<TransitionRow> transitions, CancellationToken cancellation)
    {
        foreach (var shop in transitions.GroupBy(t => t.Shop).OrderBy(s => s.Key))
        {
            var rows = shop.ToList();
            var values = new { shop = shop.Key, count = rows.Count };
            if (await write.Connection.ExecuteAsync(Command(MoveHeadSql, values, cancellation, write.Transaction)) == 0)
                await write.Connection.ExecuteAsync(Command(StartHeadSql, values, cancellation, write.Transaction));
            var position = await write.Connection.ExecuteScalarAsync<long>(Command(HeadSql, values, cancellation, write.Transaction)) - rows.Count;
            await write.AppendAsync(
                database.Prefix + "stage_transition",
                ["shop", "position", "customer", "derivation", "from_stage", "to_stage", "effective_time", "recorded_time", "cause", "message_id"],
                rows, (row, t) =>
                {
                    row.Add(t.Shop);
                    row.Add(++position);
                    row.Add(t.Customer);
                    row.Add(t.Derivation);
                    row.Add(t.From);
                    row.Add(t.To);
                    row.Add(t.Effective);
                    row.Add(t.Recorded);
                    row.Add((int)t.Cause.Kind);
                    row.Add(t.Cause.MessageId);
                }, cancellation);
        }
    }

    sealed record TransitionReadRow
    {
        public long Position { get; init; }
        public string Customer { get; init; } = "";
        public bool Identified { get; init; }
        public int Derivation { get; init; }
        public string Model { get; init; } = "";
        public int ModelRevision { get; init; }
        public int PopulationRevision { get; init; }
        public int FromStage { get; init; }
        public int ToStage { get; init; }
        public DateTimeOffset EffectiveTime { get; init; }
        public DateTimeOffset RecordedTime { get; init; }
        public CauseKind Cause { get; init; }
        public string MessageId { get; init; } = "";
    }

    internal string TransitionsSql => $"""
        SELECT t.position, c.customer, c.identified, t.derivation, d.model, d.model_revision, d.population_revision, t.from_stage, t.to_stage,
            t.effective_time, t.recorded_time, t.cause, t.message_id
        FROM {database.Prefix}stage_transition t
        JOIN {database.Prefix}customer c ON c.id = t.customer
        JOIN {database.Prefix}derivation d ON d.id = t.derivation
        WHERE t.shop = @shop
          AND t.position > @after
        ORDER BY t.position
        {database.Limit("@limit")}
        """;

    /// <summary>In the order of the feed.</summary>
    public Task<IReadOnlyList<ToldTransition>> ReadTransitionsAsync(Shop shop, long after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<ToldTransition>>(async connection =>
    {
        var rows = await connection.QueryAsync<TransitionReadRow>(Command(TransitionsSql, new { shop = shop.Number, after, limit }, cancellation));
        var told = new List<ToldTransition>();
        foreach (var r in rows)
        {
            if (BoundAudience.IdOf(r.Model) is { } audience)
            {
                told.Add(new ToldTransition(r.Position, r.Customer, r.Identified, "", 0, "", "", r.EffectiveTime, r.RecordedTime, new Cause(r.Cause, r.MessageId)) { Audience = audience, Entered = r.ToStage == BoundAudience.Inside });
                continue;
            }
            var model = await BindAsync(connection, null, shop.Id, r.Model, r.ModelRevision, r.PopulationRevision, cancellation, isKept: true);
            told.Add(new ToldTransition(r.Position, r.Customer, r.Identified, r.Model, r.ModelRevision, NameOf(model, r.FromStage), NameOf(model, r.ToStage), r.EffectiveTime, r.RecordedTime, new Cause(r.Cause, r.MessageId)));
        }
        return told;

        static string NameOf(BoundModel model, int ordinal) => Derived.StageOf(model, ordinal)?.Id ?? "";
    }, cancellation);

    /// <summary>The last position of a shop's feed, 0 before the first.</summary>
    public Task<long> ReadTransitionHeadAsync(Shop shop, CancellationToken cancellation)
        => database.ReadAsync(c => c.ExecuteScalarAsync<long>(Command(HeadSql, new { shop = shop.Number }, cancellation)), cancellation);

    internal string NextDueSql => $"""
        SELECT MIN(due_time)
        FROM {database.Prefix}membership
        WHERE due_time IS NOT NULL
        """;

    /// <summary>When the clock alone next changes somebody's stage; null for never.</summary>
    public Task<DateTimeOffset?> FindNextDueAsync(CancellationToken cancellation)
        => database.ReadAsync(c => c.ExecuteScalarAsync<DateTimeOffset?>(Command(NextDueSql, new { }, cancellation)), cancellation);

    sealed record DueRow
    {
        public int Derivation { get; init; }
        public long Customer { get; init; }
    }

    internal string DueSql => $"""
        SELECT derivation, customer
        FROM {database.Prefix}membership
        WHERE due_time <= @now
        ORDER BY due_time
        {database.Limit("@limit")}
        """;

    internal string DueOfModelSql => $"""
        SELECT m.derivation, m.customer
        FROM {database.Prefix}membership m
        JOIN {database.Prefix}derivation d ON d.id = m.derivation
        WHERE m.due_time <= @now
          AND d.shop = @shop
          AND d.model = @model
        """;

    internal string RecordsOfKeysSql => $"""
        SELECT id, customer, identified, record
        FROM {database.Prefix}customer
        WHERE id IN (SELECT CAST(k.id AS bigint) FROM {database.Set("@customers", ("id", 20))} k)
        """;

    internal string CountSweepSql => $"UPDATE {database.Prefix}derived_revision SET sweep = sweep + 1";

    internal string CountRevisionSql => $"UPDATE {database.Prefix}derived_revision SET revision = revision + 1";

    /// <summary>
    /// Brings the next customers whose stage the clock alone has changed up to an instant, those longest due first, in one transaction. Answers how many there were; less
    /// than the limit means that none is left.
    /// </summary>
    public Task<int> SweepAsync(DateTimeOffset now, int limit, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await LockAsync(write, CountSweepSql, cancellation);
        var due = (await write.Connection.QueryAsync<DueRow>(Command(DueSql, new { now, limit }, cancellation, write.Transaction))).AsList();
        await SweepAsync(write, due, now, cancellation);
        return due.Count;
    }, cancellation);

    async Task SweepAsync(Write write, List<DueRow> due, DateTimeOffset now, CancellationToken cancellation)
    {
        if (due.Count == 0) return;
        var records = (await write.Connection.QueryAsync<RecordRow>(Command(RecordsOfKeysSql, new { customers = Keys.Of(due.Select(d => d.Customer).Distinct(), "id", id => id.ToString(CultureInfo.InvariantCulture)) }, cancellation, write.Transaction)))
            .ToDictionary(r => r.Id, r => (Record: RecordCodec.Read(r.Record), r.Identified));
        var derived = new Derived();
        foreach (var group in due.GroupBy(d => d.Derivation))
        {
            var derivation = await ReadDerivationAsync(write, group.Key, cancellation);
            var shop = (await FindShopAsync(write.Connection, write.Transaction, derivation.Shop, cancellation))!;
            foreach (var (customer, told) in (await ToldAsync(write.Connection, write.Transaction, derivation, [.. group.Select(d => d.Customer)], cancellation)).OrderBy(t => t.Value.Due).ThenBy(t => t.Key))
            {
                // What is being removed no longer follows its customers; some may be gone.
                if (derivation.State is not (DerivationState.Deriving or DerivationState.Active))
                {
                    derived.Place(derivation, customer, told, told with { Due = null });
                    continue;
                }
                var (history, timeline) = TimelineOf(records[customer].Record, records[customer].Identified, derivation, shop)!.Value;
                if (derivation.State == DerivationState.Active) derived.Tell(derivation, shop.Number, customer, Transitions.Due(told, history, timeline, now, derivation.Sources), now);
                derived.Place(derivation, customer, told, Present.Of(timeline, now));
            }
        }
        await derived.WriteAsync(write, database.Prefix, cancellation);
        await AppendTransitionsAsync(write, derived.Transitions, cancellation);
    }

    /// <summary>Waits for the batches that are being applied, and makes those that are being prepared look again.</summary>
    Task LockAsync(Write write, CancellationToken cancellation) => LockAsync(write, CountRevisionSql, cancellation);

    async Task LockAsync(Write write, string countSql, CancellationToken cancellation)
    {
        await write.Connection.ExecuteAsync(Command(LockPositionsSql, new { }, cancellation, write.Transaction));
        await write.Connection.ExecuteAsync(Command(countSql, new { }, cancellation, write.Transaction));
        // From here on no partition begins; one that began while the others were waited for is not locked yet.
        await write.Connection.ExecuteAsync(Command(LockPositionsSql, new { }, cancellation, write.Transaction));
    }

    /// <summary>With every change of what is derived other than by a batch or a sweep: what was read before is known to be old by it.</summary>
    Task<int> CountRevisionAsync(Write write, CancellationToken cancellation) => write.Connection.ExecuteAsync(Command(CountRevisionSql, new { }, cancellation, write.Transaction));
}
