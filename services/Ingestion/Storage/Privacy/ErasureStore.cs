using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Identity;

namespace Perennial.Ingestion.Storage.Privacy;

/// <summary>An erasure that somebody asks for.</summary>
internal sealed record ErasureOrder(string Id, string Shop, CustomerId Customer, string Actor, string Reason, string Remains, DateTimeOffset Time);

/// <summary>
/// Erases people, step by step: their ids are refused at once; then, in turn with the customers whose events are recorded anew, the readers
/// are told, what remains is recorded, and the events become tombstones. Each step stands for itself, so an end at any point is gone on from.
/// </summary>
internal sealed class ErasureStore(Database database, LogStore log, IdentityStore identities, QuarantineStore quarantine)
{
    readonly ErasureTables _tables = new(database);
    readonly IdentityTables _identityTables = new(database);

    public Task<Erasure?> FindAsync(string shop, string id, CancellationToken cancellation)
        => database.ReadAsync(connection => _tables.FindAsync(connection, null, shop, id), cancellation);

    public Task<Erasure> OfNumberAsync(long number, CancellationToken cancellation)
        => database.ReadAsync(connection => _tables.OfNumberAsync(connection, number), cancellation);

    /// <summary>Refuses the person's ids from now on and puts their erasure in line. Answers the one that there is when they are erased already; null for a stranger.</summary>
    public async Task<Erasure?> BeginAsync(ErasureOrder order, CancellationToken cancellation)
    {
        var begun = await database.WriteAsync(async write =>
        {
            await log.LockHeadsAsync(write);
            var salt = log.Identity.Salts.Of(write, order.Shop);
            if (await IsSuppressedAsync(write, order)) return await EarlierAsync(write, order, salt);
            var identity = await identities.OfAsync(write, order.Shop, order.Customer, cancellation);
            var ids = identity.Ids.Select(i => i.Id).ToList();
            var number = await _identityTables.TakeNumbersAsync(write, 1);
            var erasure = new Erasure(order.Id, order.Shop, number, ErasureState.Due, order.Time, order.Actor, order.Reason, 0, ids.Count, order.Remains);
            await _tables.AddAsync(write, erasure, cancellation);
            await _tables.AddIdsAsync(write, erasure, [.. ids.Select(salt.Of)], cancellation);
            await _tables.AddSubjectsAsync(write, erasure.Id, Subjects(identity), cancellation);
            await identities.SuppressAsync(write, order.Shop, ids, cancellation);
            await _identityTables.AddReattributionsAsync(write, [(number, order.Shop, identity.Customer, ResetReason.Erased)], cancellation);
            return erasure;
        }, cancellation);
        identities.Due.Beat();
        return begun;
    }

    Task<bool> IsSuppressedAsync(Write write, ErasureOrder order)
        => log.Identity.DecideAsync(write, known => known.Find(order.Shop, order.Customer) is { Suppressed: true });

    async Task<Erasure?> EarlierAsync(Write write, ErasureOrder order, IdHash salt)
        => await _tables.OfIdAsync(write, order.Shop, salt.Of(order.Customer)) is { } id ? await _tables.FindAsync(write.Connection, write.Transaction, order.Shop, id) : null;

    /// <summary>Beside the person those with whom they were ever merged: some of the person's events were recorded for them meanwhile.</summary>
    static IEnumerable<ErasureSubject> Subjects(CustomerIdentity identity)
    {
        var ids = identity.Ids.Select(i => i.Id).ToHashSet();
        var others = identity.Changes.SelectMany(c => (CustomerId[])[c.From, c.To]).Where(c => !ids.Contains(c)).Distinct();
        return ids.Select(id => new ErasureSubject(id, Whole: true)).Concat(others.Select(other => new ErasureSubject(other, Whole: false)));
    }

    public Task<IReadOnlyList<ErasureSubject>> SubjectsAsync(Erasure erasure, CancellationToken cancellation)
        => database.ReadAsync(connection => _tables.SubjectsAsync(connection, erasure.Id), cancellation);

    public Task<IReadOnlyList<(int Partition, long Position)>> MarkersAsync(Erasure erasure, CancellationToken cancellation)
        => database.ReadAsync(connection => _tables.MarkersAsync(connection, null, erasure.Id), cancellation);

    /// <summary>Writes the resets, which the readers need, and what remains. Changes nothing when another replica was first.</summary>
    public Task RecordRemainsAsync(Reattribution due, Erasure erasure, IReadOnlyList<PlacedEvent> resets, IReadOnlyList<PlacedEvent> remains, CancellationToken cancellation)
        => identities.AdvanceAsync(due, async (write, _) =>
        {
            if (!await _tables.MoveAsync(write, erasure.Id, ErasureState.Due, ErasureState.RemainsRecorded)) return new Dictionary<int, long>();
            var (positions, heads) = await log.AppendOwnAsync(write, [.. resets, .. remains], cancellation);
            await _tables.AddMarkersAsync(write, erasure.Id, resets.Select((reset, i) => (reset.Partition, positions[i])), cancellation);
            return heads;
        }, cancellation);

    /// <summary>Turns events into tombstones.</summary>
    public Task TombstoneAsync(Reattribution due, Erasure erasure, IReadOnlyList<ErasedEvent> events, CancellationToken cancellation)
        => identities.AdvanceAsync(due, async (write, _) =>
        {
            await _tables.TombstoneAsync(write, events.Select(e => (e.Partition, e.Position)));
            await log.ForgetKeysAsync(write, due.Shop, [.. events.Select(e => e.MessageId).Where(id => id.Length > 0)]);
            await _tables.CountAsync(write, erasure.Id, events.Count(e => e.IsOwn));
            return new Dictionary<int, long>();
        }, cancellation);

    /// <summary>The log is erased: what else names the person goes, and the next in line is due.</summary>
    public async Task CompleteAsync(Reattribution due, Erasure erasure, IReadOnlyList<CustomerId> ids, CancellationToken cancellation)
    {
        await identities.AdvanceAsync(due, async (write, _) =>
        {
            await _tables.ForgetAsync(write, erasure, ids);
            await quarantine.ForgetAsync(write, due.Shop, ids);
            await _tables.MoveAsync(write, erasure.Id, ErasureState.RemainsRecorded, ErasureState.LogErased);
            await _identityTables.DoneAsync(write, due.Number);
            return new Dictionary<int, long>();
        }, cancellation);
        identities.Settled.Beat();
    }

    /// <summary>Takes the resets away of those erasures that every registered reader has followed. Answers how many that were.</summary>
    public async Task<int> SettleAsync(CancellationToken cancellation)
    {
        var settled = 0;
        foreach (var erasure in await database.ReadAsync(_tables.WaitingAsync, cancellation))
        {
            if (await database.ReadAsync(connection => _tables.AreReadersBehindAsync(connection, erasure), cancellation)) continue;
            await database.WriteAsync(async write =>
            {
                await _tables.TombstoneAsync(write, await _tables.MarkersAsync(write.Connection, write.Transaction, erasure.Id));
                await _tables.ForgetMarkersAsync(write, erasure.Id);
                await _tables.MoveAsync(write, erasure.Id, ErasureState.LogErased, ErasureState.Done);
            }, cancellation);
            settled++;
        }
        return settled;
    }

    /// <summary>Events of an id are taken again. False when they were not refused.</summary>
    public Task<bool> ReleaseAsync(string shop, CustomerId id, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await log.LockHeadsAsync(write);
        return await identities.ReleaseAsync(write, shop, id);
    }, cancellation);
}

/// <summary>An event that becomes a tombstone.</summary>
/// <param name="IsOwn">Somebody sent it once; false for a reset, and for what was recorded anew.</param>
internal sealed record ErasedEvent(int Partition, long Position, string MessageId, bool IsOwn);
