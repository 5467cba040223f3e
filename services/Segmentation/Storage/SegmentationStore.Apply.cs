using System.Data.Common;
using System.Globalization;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Storage;

/// <summary>Consecutive events of one partition.</summary>
/// <param name="After">The checkpoint that the batch continues.</param>
/// <param name="Next">The checkpoint once it is applied.</param>
internal sealed record EventBatch(int Partition, long After, long Next, IReadOnlyList<ShopSettings> Shops, IReadOnlyList<Sighting> Sightings);

/// <summary>What a batch changed.</summary>
/// <param name="Facts">Facts that were not known before.</param>
/// <param name="Customers">Customers whose record was written.</param>
/// <param name="ForeignAmounts">New facts with an amount that is left out of values, being in another currency than the shop's.</param>
/// <param name="Transitions">Changes of present stages that came into the feed.</param>
internal sealed record Applied(int Facts, int Customers, int ForeignAmounts, int Transitions)
{
    public static readonly Applied Nothing = new(0, 0, 0, 0);
}

/// <summary>
/// Takes batches in. Everything is worked out before the transaction: the records of a partition's customers change only with its checkpoint, so that what was read
/// holds as long as that has not moved. What else it rests on, derivations and sweeps, is counted. Where a sweep came between, which touches few of a batch's customers,
/// their stages are read again; where one of them moved, or anything derived changed, it is worked out again inside.
/// </summary>
internal sealed partial class SegmentationStore
{
    /// <summary>Customers worked out together. What a batch makes of a customer is written small; what it is worked out from is let go with its chunk.</summary>
    const int PlanChunk = 256;

    /// <summary>A customer whom a batch changes, as they are written.</summary>
    /// <param name="IsForgotten">They were erased: nothing of what was before may be kept, whoever comes back under the name.</param>
    /// <param name="Record">Null where nothing is left.</param>
    /// <param name="TraitsGone">What they had until the stretch that the row holds for, and no longer have.</param>
    sealed record Written(long Id, Shop Shop, string Customer, bool Identified, bool IsNew, bool IsForgotten, byte[]? Record, StandingFigures Figures, IReadOnlyList<Trait> TraitsGone, IReadOnlyList<Trait> TraitsCome);

    /// <summary>A customer whom a batch changes, before and after; what is known of them is folded once for all that is derived.</summary>
    /// <param name="from">When the stretch begins that the row of a customer who is there already holds for: what else lies in rows is of it.</param>
    sealed class Change(long id, Shop shop, Arrivals arrivals, bool isNew, DateTimeOffset from, CustomerRecord before, CustomerRecord after)
    {
        readonly History? _is = after.Now(shop.Currency, shop.Zone);
        History? _was;

        public long Id => id;
        public bool Identified => arrivals.Identified;
        public bool IsNew => isNew;
        public bool IsForgotten { get; } = !isNew && (after.IsEmpty || arrivals.Sightings.Any(s => s.Reset == ResetKind.Erased));
        public string News => arrivals.News;
        public PurchaseHistory? PurchasesBefore => Was?.Purchases;
        public PurchaseHistory? PurchasesAfter => _is?.Purchases;
        public CustomerRecord Before => before;
        public CustomerRecord After => after;

        public (History History, IReadOnlyList<StageInterval> Timeline)? TimelineBefore(Derivation derivation) => Timeline(Was, before, derivation);

        public (History History, IReadOnlyList<StageInterval> Timeline)? TimelineAfter(Derivation derivation) => Timeline(_is, after, derivation);

        History? Was => _was ??= before.Now(shop.Currency, shop.Zone);

        // While a shop moves, some derivations count days in the zone that it had.
        (History History, IReadOnlyList<StageInterval> Timeline)? Timeline(History? folded, CustomerRecord record, Derivation derivation)
            => derivation.Zone.Id == shop.Zone.Id ? TimelineOf(folded, Identified, derivation) : TimelineOf(record, Identified, derivation, shop);

        public Written ToWritten(DateTimeOffset now)
        {
            var figures = _is is { } history ? StandingFigures.Of(history, now, shop.Zone) : StandingFigures.OfNobody;
            var (were, are) = (before.TraitsNow().At(from), _is?.Traits.At(figures.From) ?? []);
            return new(id, shop, arrivals.Customer, Identified, isNew, IsForgotten, after.IsEmpty ? null : RecordCodec.Write(after), figures, Beyond(were, are), Beyond(are, were));
        }

        static IReadOnlyList<Trait> Beyond(IReadOnlyList<Trait> traits, IReadOnlyList<Trait> others) => traits.Count == 0 ? [] : [.. traits.Except(others)];
    }

    sealed record Plan(Basis Basis, List<Written> Changes, Derived Derived, List<Told> Told, Applied Applied);

    /// <summary>How often what is derived changed otherwise than by batches: by sweeps, and by everything else.</summary>
    sealed record Basis
    {
        public long Revision { get; init; }
        public long Sweep { get; init; }
    }

    /// <summary>The stages of some customers as they were last told.</summary>
    /// <param name="Stages">Of those who had one.</param>
    sealed record Told(Derivation Derivation, List<long> Customers, Dictionary<long, Present> Stages)
    {
        public static Told Nothing(Derivation derivation) => new(derivation, [], []);
    }

    sealed class PlanOutdatedException() : Exception("What the plan rests on has changed.");

    /// <summary>
    /// Adds a batch's events, derives anew what they change, and moves the checkpoint, in one transaction. Null when the stored checkpoint was not <c>After</c>:
    /// nothing was applied.
    /// </summary>
    public async Task<Applied?> ApplyAsync(EventBatch batch, DateTimeOffset now, CancellationToken cancellation)
    {
        await ConfigureAsync(batch.Shops, now, cancellation);
        try
        {
            var plan = await database.ReadAsync(c => PlanAsync(c, null, batch, now, cancellation), cancellation);
            try
            {
                return await database.WriteAsync(write => ApplyAsync(write, batch, plan, cancellation), cancellation);
            }
            catch (PlanOutdatedException)
            {
                return await database.WriteAsync(async write =>
                {
                    await MoveAsync(write, batch);
                    return await CommitAsync(write, await PlanAsync(write.Connection, write.Transaction, batch, now, cancellation), cancellation);
                }, cancellation);
            }
        }
        catch (CheckpointMovedException)
        {
            return null;
        }
    }

    async Task<Applied> ApplyAsync(Write write, EventBatch batch, Plan plan, CancellationToken cancellation)
    {
        // First, so that of two replicas one waits here and then learns that it is late.
        await MoveAsync(write, batch);
        if (plan.Changes.Count > 0 && !await HoldsAsync(write, plan, cancellation)) throw new PlanOutdatedException();
        return await CommitAsync(write, plan, cancellation);
    }

    /// <summary>Whether a plan still says what would be worked out now.</summary>
    async Task<bool> HoldsAsync(Write write, Plan plan, CancellationToken cancellation)
    {
        var basis = await ReadBasisAsync(write.Connection, write.Transaction, cancellation);
        if (basis.Revision != plan.Basis.Revision) return false;
        if (basis.Sweep == plan.Basis.Sweep) return true;
        foreach (var (derivation, customers, stages) in plan.Told)
        {
            var now = await ToldAsync(write.Connection, write.Transaction, derivation, customers, cancellation);
            if (now.Count != stages.Count || now.Any(n => !n.Value.Equals(stages.GetValueOrDefault(n.Key)))) return false;
        }
        return true;
    }

    async Task MoveAsync(Write write, EventBatch batch)
    {
        // A partition's first batch adds a row that no lock of the positions could hold, so it waits at the count, which is moved with every lock.
        if (batch.After == 0) await write.Connection.ExecuteAsync(AwaitRevisionSql, transaction: write.Transaction);
        if (!await _checkpoints.MoveAsync(write, batch.Partition, batch.After, batch.Next)) throw new CheckpointMovedException();
    }

    internal string RevisionSql => $"SELECT revision FROM {database.Prefix}derived_revision";

    // Sets what it finds: the lock is what counts.
    internal string AwaitRevisionSql => $"UPDATE {database.Prefix}derived_revision SET revision = revision";

    Task<long> ReadRevisionAsync(DbConnection connection, DbTransaction? transaction, CancellationToken cancellation)
        => connection.ExecuteScalarAsync<long>(Command(RevisionSql, new { }, cancellation, transaction));

    internal string BasisSql => $"SELECT revision, sweep FROM {database.Prefix}derived_revision";

    Task<Basis> ReadBasisAsync(DbConnection connection, DbTransaction? transaction, CancellationToken cancellation)
        => connection.QuerySingleAsync<Basis>(Command(BasisSql, new { }, cancellation, transaction));

    async Task<Plan> PlanAsync(DbConnection connection, DbTransaction? transaction, EventBatch batch, DateTimeOffset now, CancellationToken cancellation)
    {
        // Before anything that it counts.
        var basis = await ReadBasisAsync(connection, transaction, cancellation);
        var (changes, derived, told, facts, foreign) = (new List<Written>(), new Derived(), new List<Told>(), 0, 0);
        foreach (var arrivals in Arrivals.Of(batch.Sightings).GroupBy(a => a.Shop, StringComparer.Ordinal))
        {
            var shop = await FindShopAsync(connection, transaction, arrivals.Key, cancellation)
                ?? throw new InvalidOperationException($"The log holds events of shop '{arrivals.Key}' before its settings.");
            var derivations = await ReadDerivationsAsync(connection, transaction, shop.Id, cancellation);
            foreach (var chunk in (await KeyedAsync(connection, transaction, shop, batch.Partition, [.. arrivals], cancellation)).Chunk(PlanChunk))
            {
                var own = ChangesOf(shop, chunk);
                foreach (var derivation in derivations) told.Add(await DeriveAsync(connection, transaction, derivation, shop, own, derived, now, cancellation));
                foreach (var c in own)
                {
                    foreach (var fact in c.After.FactsBeyond(c.Before))
                    {
                        facts++;
                        if (OrderState.IsForeignTo(shop.Currency, fact)) foreign++;
                    }
                    changes.Add(c.ToWritten(now));
                }
            }
        }
        return new Plan(basis, changes, derived, told, new Applied(facts, changes.Count, foreign, derived.Transitions.Count));
    }

    sealed record RecordRow
    {
        public long Id { get; init; }
        public string Customer { get; init; } = "";
        public bool Identified { get; init; }
        public long Position { get; init; }
        public DateTimeOffset FromTime { get; init; }
        public byte[] Record { get; init; } = [];
    }

    internal string RecordsSql => $"""
        SELECT id, customer, identified, from_time, record
        FROM {database.Prefix}customer
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", CustomerKey.IdLengthMax))} k)
        """;

    internal string LastKeySql => $"""
        SELECT MAX(id)
        FROM {database.Prefix}customer
        WHERE id BETWEEN @first AND @last
        """;

    /// <summary>Who it is about, with what is kept of those known already; by key.</summary>
    async Task<List<(long Id, Arrivals Arrivals, RecordRow? Row)>> KeyedAsync(DbConnection connection, DbTransaction? transaction, Shop shop, int partition, List<Arrivals> arrivals, CancellationToken cancellation)
    {
        var values = new { shop = shop.Number, customers = Keys.Of(arrivals, "customer", a => a.Customer) };
        var known = (await connection.QueryAsync<RecordRow>(Command(RecordsSql, values, cancellation, transaction))).ToDictionary(r => r.Customer, StringComparer.Ordinal);
        var (first, last) = (CustomerKey.First(shop.Number, partition), CustomerKey.Last(shop.Number, partition));
        var next = 1 + (known.Count == arrivals.Count ? 0 : await connection.ExecuteScalarAsync<long?>(Command(LastKeySql, new { first, last }, cancellation, transaction)) ?? first);
        var keyed = arrivals.ConvertAll(a => known.GetValueOrDefault(a.Customer) is { } row ? (row.Id, a, row) : (next++, a, (RecordRow?)null));
        keyed.Sort((a, b) => a.Item1.CompareTo(b.Item1));
        return keyed;
    }

    /// <summary>Who changes.</summary>
    static List<Change> ChangesOf(Shop shop, IEnumerable<(long Id, Arrivals Arrivals, RecordRow? Row)> keyed)
    {
        var changes = new List<Change>();
        foreach (var (id, arrivals, row) in keyed)
        {
            var before = row is null ? CustomerRecord.Empty : RecordCodec.Read(row.Record);
            var after = before.With(arrivals.Sightings);
            if (!ReferenceEquals(before, after)) changes.Add(new Change(id, shop, arrivals, row is null, row?.FromTime ?? default, before, after));
        }
        return changes;
    }

    sealed record PresentRow
    {
        public long Customer { get; init; }
        public int Stage { get; init; }
        public DateTimeOffset SinceTime { get; init; }
        public DateTimeOffset? DueTime { get; init; }

        public Present ToPresent(BoundModel model) => new(Derived.StageOf(model, Stage), SinceTime, DueTime);
    }

    internal string PresentSql => $"""
        SELECT customer, stage, since_time, due_time
        FROM {database.Prefix}membership
        WHERE derivation = @derivation
          AND customer IN (SELECT CAST(k.id AS bigint) FROM {database.Set("@customers", ("id", 20))} k)
        """;

    async Task<Dictionary<long, Present>> ToldAsync(DbConnection connection, DbTransaction? transaction, Derivation derivation, List<long> customers, CancellationToken cancellation)
    {
        if (customers.Count == 0) return [];
        var values = new { derivation = derivation.Id, customers = Keys.Of(customers, "id", id => id.ToString(CultureInfo.InvariantCulture)) };
        return (await connection.QueryAsync<PresentRow>(Command(PresentSql, values, cancellation, transaction))).ToDictionary(r => r.Customer, r => r.ToPresent(derivation.Model));
    }

    /// <summary>What a derivation makes of the customers that change, and what was told of them. One that is under way comes to those beyond its cursor later.</summary>
    async Task<Told> DeriveAsync(DbConnection connection, DbTransaction? transaction, Derivation derivation, Shop shop, List<Change> changes, Derived derived, DateTimeOffset now, CancellationToken cancellation)
    {
        var own = changes.Where(c => c.Id <= derivation.Cursor && c.After.IsNewsTo(derivation.Sources, c.Before)).ToList();
        if (derivation.IsTally)
        {
            foreach (var c in own) derived.Tally(derivation, c.Identified, c.PurchasesBefore, c.PurchasesAfter);
            return Told.Nothing(derivation);
        }
        List<long> known = [.. own.Where(c => !c.IsNew).Select(c => c.Id)];
        var told = new Told(derivation, known, await ToldAsync(connection, transaction, derivation, known, cancellation));
        foreach (var c in own)
        {
            var (before, after) = (c.TimelineBefore(derivation), c.TimelineAfter(derivation));
            if (derivation.Audience is null) derived.Count(derivation, c.Id, c.Identified, SharesOf(before), SharesOf(after));
            var was = told.Stages.GetValueOrDefault(c.Id);
            if (derivation.State == DerivationState.Active) derived.Tell(derivation, shop.Number, c.Id, c.IsForgotten ? Transitions.Of(null, null, after, now, c.News, derivation.Sources) : Transitions.Of(was, before, after, now, c.News, derivation.Sources), now);
            derived.Place(derivation, c.Id, was, after is null ? null : Present.Of(after.Value.Timeline, now));
        }
        return told;
    }

    /// <summary>Null where nothing is known any more, and for somebody of whom no more is left than that they left.</summary>
    static (History History, IReadOnlyList<StageInterval> Timeline)? TimelineOf(CustomerRecord record, bool identified, Derivation derivation, Shop shop)
        => TimelineOf(record.Now(shop.Currency, derivation.Zone, derivation.Sources), identified, derivation);

    static (History History, IReadOnlyList<StageInterval> Timeline)? TimelineOf(History? history, bool identified, Derivation derivation)
    {
        if (history is null) return null;
        var timeline = derivation.Audience?.TimelineOf(history, identified) ?? StageTimeline.Of(history, derivation.Model, derivation.Zone);
        return timeline.Count > 0 ? (history, timeline) : null;
    }

    static List<StageShare> SharesOf((History History, IReadOnlyList<StageInterval> Timeline)? of)
        => of is var (history, timeline) ? StageShares.Of(history, timeline) : [];

    async Task<Applied> CommitAsync(Write write, Plan plan, CancellationToken cancellation)
    {
        if (plan.Changes.Count == 0) return Applied.Nothing;
        // Put rather than appended: not every T-SQL engine takes a bulk copy of values as long as records.
        await write.PutAsync(database.Prefix + "customer", ["id"], ["shop", "customer", "identified", .. FigureColumns.Names, "record"], [.. plan.Changes.Where(c => c.IsNew && c.Record is not null)], static (row, c) =>
        {
            row.Add(c.Id);
            row.Add(c.Shop.Number);
            row.Add(c.Customer);
            row.Add(c.Identified);
            FigureColumns.Add(row, c.Figures);
            row.Add(c.Record!);
        }, cancellation);
        await write.ChangeAsync(database.Prefix + "customer", ["id"], [.. FigureColumns.Names, "record"], [.. plan.Changes.Where(c => !c.IsNew && c.Record is not null)], static (row, c) =>
        {
            row.Add(c.Id);
            FigureColumns.Add(row, c.Figures);
            row.Add(c.Record!);
        }, cancellation);
        await write.RemoveAsync(database.Prefix + "customer_trait", TraitColumns.Names, TraitsOf(plan, c => c.TraitsGone), AddTrait, cancellation);
        await write.AppendAsync(database.Prefix + "customer_trait", TraitColumns.Names, TraitsOf(plan, c => c.TraitsCome), AddTrait, cancellation);
        await ForgetAsync(write, [.. plan.Changes.Where(c => c.IsForgotten)], cancellation);
        await plan.Derived.WriteAsync(write, database.Prefix, cancellation);
        await AppendTransitionsAsync(write, plan.Derived.Transitions, cancellation);
        return plan.Applied;
    }

    /// <summary>In the order of keys, as far as rows of one trait lie together.</summary>
    static List<(int Shop, long Customer, Trait Trait)> TraitsOf(Plan plan, Func<Written, IReadOnlyList<Trait>> traits)
        => [.. plan.Changes.SelectMany(c => traits(c).Select(t => (c.Shop.Number, c.Id, t))).OrderBy(t => t.t.Name, StringComparer.Ordinal).ThenBy(t => t.t.Value.AsText, StringComparer.Ordinal)];

    static void AddTrait(Row row, (int Shop, long Customer, Trait Trait) trait) => TraitColumns.Add(row, trait.Shop, trait.Customer, trait.Trait);

    internal string ForgetRfmSql => $"""
        DELETE FROM {database.Prefix}rfm_customer
        WHERE shop = @shop
          AND customer = @customer
        """;

    /// <summary>Leaves nothing of what these customers were, in any table: what is derived goes with the rest of the plan.</summary>
    async Task ForgetAsync(Write write, List<Written> erased, CancellationToken cancellation)
    {
        await write.RemoveAsync(database.Prefix + "customer", ["id"], [.. erased.Where(c => c.Record is null)], static (row, c) => row.Add(c.Id), cancellation);
        await write.RemoveAsync(database.Prefix + "stage_transition", ["customer"], erased, static (row, c) => row.Add(c.Id), cancellation);
        await write.RemoveAsync(database.Prefix + "preview_mover", ["customer"], erased, static (row, c) => row.Add(c.Id), cancellation);
        foreach (var c in erased)
            await write.Connection.ExecuteAsync(Command(ForgetRfmSql, new { shop = c.Shop.Id, customer = c.Customer }, cancellation, write.Transaction));
    }
}
