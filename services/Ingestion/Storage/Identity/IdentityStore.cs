using System.Data.Common;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Identity;

/// <summary>Who customers are, how that is changed by hand, and the moving of their events that follows from any change.</summary>
internal sealed class IdentityStore(Database database, LogStore log)
{
    readonly IdentityTables _tables = new(database);
    readonly IdentityLinks _links = log.Identity;

    /// <summary>Beats whenever a customer's events have all been recorded anew.</summary>
    public Pulse Settled { get; } = new();

    /// <summary>Beats whenever a customer's events are due to be recorded anew.</summary>
    public Pulse Due => _links.Due;

    /// <summary>The customer of an id, or null when nothing is known of them.</summary>
    public async Task<CustomerIdentity?> FindAsync(string shop, CustomerId id, CancellationToken cancellation)
    {
        var hash = await _links.Salts.FindAsync(shop, cancellation);
        var identity = await database.ReadAsync(connection => ReadAsync(connection, shop, id, hash, cancellation), cancellation);
        return identity is null || identity.Ids.Count > 1 || identity.Changes.Count > 0 || await HasEventsAsync(shop, identity.Customer, cancellation) ? identity : null;
    }

    /// <summary>As <paramref name="write"/> sees it; who is unknown is a customer of their own. Not to be asked for an id that is refused.</summary>
    public async Task<CustomerIdentity> OfAsync(Write write, string shop, CustomerId id, CancellationToken cancellation)
        => (await ReadAsync(write.Connection, shop, id, _links.Salts.Of(write, shop), cancellation, write.Transaction))!;

    async Task<CustomerIdentity?> ReadAsync(DbConnection connection, string shop, CustomerId id, IdHash? hash, CancellationToken cancellation, DbTransaction? transaction = null)
    {
        var (customer, row) = (id, hash is null ? null : await _tables.IdAsync(connection, shop, hash.Of(id), cancellation, transaction));
        for (; row?.Parent is { } parent; row = await _tables.IdAsync(connection, shop, hash!.Of(customer), cancellation, transaction)) customer = CustomerId.Stored(parent);
        if (row is { Suppressed: true }) return null;
        var ids = new List<LinkedId> { new(customer, null, row is { Pinned: true }) };
        for (List<CustomerId> generation = [customer]; generation.Count > 0;)
        {
            var joined = await _tables.JoinedAsync(connection, shop, generation, cancellation, transaction);
            ids.AddRange(joined.Select(j => j.ToLinkedId()));
            generation = [.. joined.Select(j => CustomerId.Stored(j.Id!))];
        }
        var changes = await _tables.ChangesAsync(connection, shop, ids.Select(i => i.Id), cancellation, transaction);
        return new CustomerIdentity(customer, [.. ids.OrderBy(i => i.Id.Text, StringComparer.Ordinal)], [.. changes.Select(c => c.ToChange())]);
    }

    async Task<bool> HasEventsAsync(string shop, CustomerId customer, CancellationToken cancellation)
        => (await log.EventsOfAsync(log.PartitionOf(shop, customer), shop, customer.Text, 0, 1, cancellation)).Count > 0;

    /// <summary>Makes one customer of two. A request that was made before answers what it did.</summary>
    public async Task<(IdentityChange? Change, MergeFault Fault)> MergeAsync(MergeOrder order, CancellationToken cancellation)
    {
        var merged = await database.WriteAsync(async write =>
        {
            await log.LockHeadsAsync(write);
            if (order.RequestId is { } request && await _tables.RequestedChangeAsync(write, order.Shop, request) is { } number)
                return ((await _tables.ChangeAsync(write.Connection, write.Transaction, order.Shop, number, cancellation))!.ToChange(), MergeFault.None);
            var pair = await _links.DecideAsync(write, known => Pair.Of(known, order));
            if (pair.Fault != MergeFault.None) return ((IdentityChange?)null, pair.Fault);
            var change = new IdentityChange(await _tables.TakeNumbersAsync(write, 1), order.Shop, ChangeKind.Merged, pair.From, pair.To, order.Time, order.Actor, order.Reason, null, 0);
            await _links.JoinAsync(write, [(change, pair.FromKnown)], order.RequestId, cancellation);
            return (change, MergeFault.None);
        }, cancellation);
        Due.Beat();
        return merged;
    }

    /// <summary>The two customers of a merge, as they stand.</summary>
    sealed record Pair(CustomerId From, CustomerId To, bool FromKnown, MergeFault Fault)
    {
        public static Pair Of(IKnownIds known, MergeOrder order)
        {
            var (from, to) = (known.CustomerOf(order.Shop, order.From), known.CustomerOf(order.Shop, order.To));
            var (knownFrom, knownTo) = (known.Find(order.Shop, from), known.Find(order.Shop, to));
            return new Pair(from, to, knownFrom is not null, knownFrom is { Suppressed: true } || knownTo is { Suppressed: true } ? MergeFault.Erased : Merges.Fault(from, to));
        }
    }

    /// <summary>Undoes a merge; done before, answers what undid it. Null when there is nothing of that number to undo.</summary>
    public async Task<IdentityChange?> UnmergeAsync(UnmergeOrder order, CancellationToken cancellation)
    {
        var unmerged = await database.WriteAsync(async write =>
        {
            await log.LockHeadsAsync(write);
            if (await _tables.ChangeAsync(write.Connection, write.Transaction, order.Shop, order.Number, cancellation) is not { Kind: not ChangeKind.Unmerged } row) return null;
            if (row.Undo is { } undo) return (await _tables.ChangeAsync(write.Connection, write.Transaction, order.Shop, undo, cancellation))?.ToChange();
            return await UndoAsync(write, row.ToChange(), order, cancellation);
        }, cancellation);
        Due.Beat();
        return unmerged;
    }

    async Task<IdentityChange?> UndoAsync(Write write, IdentityChange merge, UnmergeOrder order, CancellationToken cancellation)
    {
        var (parent, customer) = await _links.DecideAsync(write, known => (known.Find(merge.Shop, merge.From)?.Parent, known.CustomerOf(merge.Shop, merge.From)));
        // Somebody of it was erased.
        if (parent != merge.To) return null;
        var number = await _tables.TakeNumbersAsync(write, 1);
        var change = new IdentityChange(number, merge.Shop, ChangeKind.Unmerged, customer, merge.From, order.Time, order.Actor, order.Reason, merge.Number, 0);
        await _tables.PartAsync(write, merge.Shop, _links.Salts.Of(write, merge.Shop).Of(merge.From), number);
        await _tables.AddChangesAsync(write, [change], null, cancellation);
        await _tables.UndoAsync(write, merge.Number, number);
        await _tables.AddReattributionsAsync(write, [(number, merge.Shop, customer, ResetReason.Unmerged)], cancellation);
        return change;
    }

    /// <summary>A change as it stands now.</summary>
    public async Task<IdentityChange> ChangeAsync(string shop, long number, CancellationToken cancellation)
        => (await database.ReadAsync(connection => _tables.ChangeAsync(connection, null, shop, number, cancellation), cancellation))!.ToChange();

    /// <summary>Whether events of an id are refused, its person being erased.</summary>
    public async Task<bool> IsRefusedAsync(string shop, CustomerId id, CancellationToken cancellation)
        => await _links.Salts.FindAsync(shop, cancellation) is { } hash
            && await database.ReadAsync(connection => _tables.IdAsync(connection, shop, hash.Of(id), cancellation), cancellation) is { Suppressed: true };

    /// <summary>Whether events of one of these customers are still to be recorded anew.</summary>
    public Task<bool> AreDueAsync(string shop, IEnumerable<CustomerId> customers, CancellationToken cancellation)
        => database.ReadAsync(connection => _tables.AreDueAsync(connection, shop, customers, cancellation), cancellation);

    /// <summary>Whether events are still to be recorded anew for a change.</summary>
    public Task<bool> IsDueAsync(long number, CancellationToken cancellation)
        => database.ReadAsync(connection => _tables.IsDueAsync(connection, number, cancellation), cancellation);

    /// <summary>From now on events that carry one of <paramref name="ids"/> are refused, and nothing but its hash is kept of it.</summary>
    public async Task SuppressAsync(Write write, string shop, IReadOnlyCollection<CustomerId> ids, CancellationToken cancellation)
    {
        var hash = _links.Salts.Of(write, shop);
        var first = await _tables.TakeNumbersAsync(write, ids.Count);
        var added = new List<NewIdRow>();
        foreach (var (i, id) in ids.Index())
        {
            var key = hash.Of(id);
            if (!await _tables.SuppressAsync(write, shop, key, true, first + i)) added.Add(new NewIdRow(shop, key, hash.Digest(id), null, null, null, 0, first + i));
        }
        await _tables.AddIdsAsync(write, added, cancellation);
    }

    /// <summary>Events of an id are taken again. False when they were not refused.</summary>
    public async Task<bool> ReleaseAsync(Write write, string shop, CustomerId id)
    {
        if (!await _links.DecideAsync(write, known => known.Find(shop, id) is { Suppressed: true })) return false;
        return await _tables.SuppressAsync(write, shop, _links.Salts.Of(write, shop).Of(id), false, await _tables.TakeNumbersAsync(write, 1));
    }

    /// <summary>Whose events are to be recorded anew, in the order in which it is to be done; at most <paramref name="max"/>.</summary>
    public async Task<IReadOnlyList<Reattribution>> DueAsync(int max, CancellationToken cancellation)
    {
        var rows = await database.ReadAsync(connection => _tables.ReattributionsAsync(connection, null, max, cancellation), cancellation);
        var due = new List<Reattribution>(rows.Count);
        foreach (var row in rows)
        {
            var customer = CustomerId.Stored(row.Customer);
            var after = row.Until > 0 ? row.Copied : await LastResetAsync(row.Shop, customer, cancellation);
            due.Add(new Reattribution(row.Number, row.Shop, customer, row.Reason, after, row.Until));
        }
        return due;
    }

    /// <summary>The position before which nothing is a customer's any longer; 0 when they were never reset.</summary>
    public async Task<long> LastResetAsync(string shop, CustomerId customer, CancellationToken cancellation)
    {
        if (await _links.Salts.FindAsync(shop, cancellation) is not { } hash) return 0;
        var row = await database.ReadAsync(connection => _tables.IdAsync(connection, shop, hash.Of(customer), cancellation), cancellation);
        return row?.ResetPosition ?? 0;
    }

    /// <summary>The next at most <paramref name="max"/> events to be recorded anew.</summary>
    public async Task<DuePiece> PieceAsync(Reattribution due, int max, CancellationToken cancellation)
    {
        var events = await log.EventsOfAsync(log.PartitionOf(due.Shop, due.Customer), due.Shop, due.Customer.Text, due.After, max, cancellation);
        var last = events.Count < max || events[^1].Position >= due.Until;
        return new DuePiece([.. events.TakeWhile(e => e.Position < due.Until)], last ? due.Until : events[^1].Position);
    }

    /// <summary>Whether anything was recorded that the links of now give to somebody else. What was recorded since they changed went to the right customer already.</summary>
    public async Task<bool> HasAnyAsync(Reattribution due, CancellationToken cancellation)
        => (await log.EventsOfAsync(log.PartitionOf(due.Shop, due.Customer), due.Shop, due.Customer.Text, due.After, 1, cancellation)).Count > 0;

    /// <summary>Writes the reset behind which the customer's events are recorded anew. Changes nothing when another replica was first.</summary>
    public Task BeginAsync(Reattribution due, PlacedEvent reset, CancellationToken cancellation) => AdvanceAsync(due, async (write, row) =>
    {
        var (positions, heads) = await log.AppendOwnAsync(write, [reset], cancellation);
        var hash = _links.Salts.Of(write, due.Shop);
        var number = await _tables.TakeNumbersAsync(write, 1);
        if (!await _tables.ResetAsync(write, due.Shop, hash.Of(due.Customer), positions[0], number))
            await _tables.AddIdsAsync(write, [new NewIdRow(due.Shop, hash.Of(due.Customer), hash.Digest(due.Customer), due.Customer, null, null, positions[0], number)], cancellation);
        await _tables.ProgressAsync(write, row with { Copied = due.After, Until = positions[0] });
        return heads;
    }, cancellation);

    /// <summary>
    /// Records events anew for whom they belong to by the links of now; what is done is done up to <paramref name="next"/>. With the last
    /// piece the audit trail learns how many changed hands. Changes nothing when another replica was first.
    /// </summary>
    public async Task CopyAsync(Reattribution due, IReadOnlyList<Copy> copies, long next, DateTimeOffset now, CancellationToken cancellation)
    {
        var done = next >= due.Until;
        await AdvanceAsync(due, async (write, row) =>
        {
            var customers = await _links.DecideAsync(write, known => copies.Select(c => known.CustomerOf(due.Shop, c.Strongest)).ToList());
            var placed = copies.Zip(customers, (copy, customer) => log.Place(customer, due.Shop, copy.MessageId, copy.Event.EventTime, copy.Event.ReceiveTime, copy.Event.Payload, now)).ToList();
            var (_, heads) = await log.AppendOwnAsync(write, placed, cancellation);
            var moved = row.MovedEventCount + customers.Count(c => c != due.Customer);
            if (!done) await _tables.ProgressAsync(write, row with { Copied = next, MovedEventCount = moved });
            else await FinishAsync(write, due.Number, moved);
            return heads;
        }, cancellation);
        if (done) Settled.Beat();
    }

    /// <summary>The first in line have no events to record anew: done, all in one commit.</summary>
    public async Task FinishAsync(IReadOnlyList<Reattribution> due, CancellationToken cancellation)
    {
        await AdvanceAsync(due[0], async (write, _) =>
        {
            await _tables.DoneAsync(write, due[^1].Number);
            return new Dictionary<int, long>();
        }, cancellation);
        Settled.Beat();
    }

    async Task FinishAsync(Write write, long number, long moved)
    {
        await _tables.MovedAsync(write, number, moved);
        await _tables.DoneAsync(write, number);
    }

    /// <summary>Does one step if things stand as they did when <paramref name="due"/> was read: the first in line, and as far as then.</summary>
    public async Task AdvanceAsync(Reattribution due, Func<Write, ReattributionRow, Task<IReadOnlyDictionary<int, long>>> step, CancellationToken cancellation)
    {
        var heads = await database.WriteAsync(async write =>
        {
            await log.LockHeadsAsync(write);
            var row = (await _tables.ReattributionsAsync(write.Connection, write.Transaction, 1, cancellation)).SingleOrDefault();
            var stands = row is not null && row.Number == due.Number && row.Until == due.Until && (row.Until == 0 || row.Copied == due.After);
            return stands ? await step(write, row!) : new Dictionary<int, long>();
        }, cancellation);
        log.Announce(heads);
    }
}

/// <summary>A merge that somebody asks for.</summary>
internal sealed record MergeOrder(string Shop, CustomerId From, CustomerId To, string Actor, string Reason, string? RequestId, DateTimeOffset Time);

/// <summary>The undoing of a change that somebody asks for.</summary>
internal sealed record UnmergeOrder(string Shop, long Number, string Actor, string Reason, DateTimeOffset Time);

/// <summary>Events to be recorded anew in one commit.</summary>
/// <param name="Next">Up to here they are all.</param>
internal sealed record DuePiece(IReadOnlyList<LoggedEvent> Events, long Next);

/// <summary>An event to be recorded anew, with what its payload says of it.</summary>
internal sealed record Copy(LoggedEvent Event, CustomerId Strongest, string MessageId);
