using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Identity;

/// <summary>Who the events of a transaction belong to, and what changes by it: links, their line in the audit trail, whose events are to be recorded anew.</summary>
internal sealed class IdentityLinks
{
    readonly IKnownIdRows _ids;
    readonly IdentityTables _tables;
    readonly LinkLimits _limits;

    public IdentityLinks(Database database, LinkLimits limits)
    {
        (Salts, _tables, _limits) = (new IdSalts(database), new IdentityTables(database), limits);
        _ids = database is SqliteDatabase ? new SqliteKnownIdRows(database, _tables, Salts) : new SqlServerKnownIdRows(database, Salts);
    }

    public IdSalts Salts { get; }

    /// <summary>Beats whenever a commit made a customer's events due to be recorded anew.</summary>
    public Pulse Due { get; } = new();

    public Task OpenAsync(CancellationToken cancellation) => _ids.OpenAsync(cancellation);

    /// <inheritdoc cref="IKnownIdRows.DecideAsync"/>
    public Task<T> DecideAsync<T>(Write write, Func<IKnownIds, T> decide) => _ids.DecideAsync(write, decide);

    public Task<IdentityResolution> ResolveAsync(Write write, IReadOnlyList<LogEvent> events, HashSet<(string Shop, string MessageId)> recorded)
        => _ids.DecideAsync(write, known => IdentityResolution.Of(events, recorded, known, _limits));

    /// <summary>Writes what a resolution links.</summary>
    public async Task LinkAsync(Write write, IReadOnlyList<IdLink> links, CancellationToken cancellation)
    {
        if (links.Count == 0) return;
        var first = await _tables.TakeNumbersAsync(write, links.Count);
        var joins = links.Select((l, i) => (new IdentityChange(first + i, l.Shop, ChangeKind.Linked, l.From, l.To, l.Time, l.MessageId, "", null, 0), l.Known)).ToList();
        await JoinAsync(write, joins, null, cancellation);
    }

    /// <summary>In each change one customer joins another, and their events are due.</summary>
    /// <param name="joins">With whether anything was known of the one who joins.</param>
    public async Task JoinAsync(Write write, IReadOnlyList<(IdentityChange Change, bool Known)> joins, string? requestId, CancellationToken cancellation)
    {
        var added = new List<NewIdRow>(joins.Count);
        foreach (var (change, known) in joins)
        {
            var salt = Salts.Of(write, change.Shop);
            var hash = salt.Of(change.From);
            if (known) await _tables.JoinAsync(write, change.Shop, hash, change.From, change.To, change.Time, change.Number);
            else added.Add(new NewIdRow(change.Shop, hash, salt.Digest(change.From), change.From, change.To, change.Time, 0, change.Number));
        }
        await _tables.AddIdsAsync(write, added, cancellation);
        await _tables.AddChangesAsync(write, joins.Select(j => j.Change), requestId, cancellation);
        await _tables.AddReattributionsAsync(write, joins.Select(j => (j.Change.Number, j.Change.Shop, j.Change.From, ResetReason.Merged)), cancellation);
    }
}
