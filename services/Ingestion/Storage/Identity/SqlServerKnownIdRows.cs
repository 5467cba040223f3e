using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Identity;

/// <summary>
/// Keeps nothing between transactions: other servers change ids too. A decision is made with what has been read; what it asked
/// for beyond that is read as one set, and it is made again, until it asks for nothing more.
/// </summary>
internal sealed class SqlServerKnownIdRows(Database database, IdSalts salts) : IKnownIdRows
{
    const int HexLength = 64;

    public Task OpenAsync(CancellationToken cancellation) => Task.CompletedTask;

    public async Task<T> DecideAsync<T>(Write write, Func<IKnownIds, T> decide)
    {
        var read = new ReadIds();
        while (true)
        {
            var decision = decide(read);
            if (read.IsComplete) return decision;
            await LoadIdsAsync(write, read);
            await LoadCountsAsync(write, read);
        }
    }

    string IdsSql => $"""
        SELECT k.shop, k.id_hash AS hash, i.parent, i.pinned, i.suppressed
        FROM {database.Set("@keys", ("shop", Shop.IdLengthMax), ("id_hash", HexLength))} k
        INNER JOIN {database.Prefix}known_id i ON i.shop = k.shop AND i.id_hash = CONVERT(varbinary(32), k.id_hash, 2)
        """;

    async Task LoadIdsAsync(Write write, ReadIds read)
    {
        var asked = read.AskedIds.Select(a => (a.Shop, a.Id, Hash: Convert.ToHexStringLower(salts.Of(write, a.Shop).Of(a.Id)))).ToList();
        if (asked.Count == 0) return;
        var keys = Foundation.Sql.Keys.Of(asked, ("shop", a => a.Shop), ("id_hash", a => a.Hash));
        var rows = await write.Connection.QueryAsync<HashedRow>(IdsSql, new { keys }, write.Transaction);
        var found = rows.ToDictionary(r => (r.Shop, r.Hash), r => new KnownId(r.Parent is null ? null : CustomerId.Stored(r.Parent), r.Pinned, r.Suppressed));
        foreach (var (shop, id, hash) in asked) read.Ids[(shop, id)] = found.GetValueOrDefault((shop, hash));
        read.AskedIds.Clear();
    }

    string CountsSql => $"""
        SELECT k.shop, k.parent, k.id_kind AS kind, COUNT(*) AS joined
        FROM {database.Set("@keys", ("shop", Shop.IdLengthMax), ("parent", CustomerId.LengthMax), ("id_kind", CustomerId.KindLengthMax))} k
        INNER JOIN {database.Prefix}known_id i ON i.shop = k.shop AND i.parent = k.parent AND i.id_kind = k.id_kind
        GROUP BY k.shop, k.parent, k.id_kind
        """;

    async Task LoadCountsAsync(Write write, ReadIds read)
    {
        if (read.AskedCounts.Count == 0) return;
        var keys = Foundation.Sql.Keys.Of(read.AskedCounts, ("shop", a => a.Shop), ("parent", a => a.Customer.Text), ("id_kind", a => a.Kind));
        foreach (var asked in read.AskedCounts) read.Counts[asked] = 0;
        foreach (var row in await write.Connection.QueryAsync<CountRow>(CountsSql, new { keys }, write.Transaction))
            read.Counts[(row.Shop, CustomerId.Stored(row.Parent), row.Kind)] = row.Joined;
        read.AskedCounts.Clear();
    }

    /// <summary>What has been read, and what was asked for beside.</summary>
    sealed class ReadIds : IKnownIds
    {
        public Dictionary<(string Shop, CustomerId Id), KnownId?> Ids { get; } = [];
        public Dictionary<(string Shop, CustomerId Customer, string Kind), int> Counts { get; } = [];
        public HashSet<(string Shop, CustomerId Id)> AskedIds { get; } = [];
        public HashSet<(string Shop, CustomerId Customer, string Kind)> AskedCounts { get; } = [];

        public bool IsComplete => AskedIds.Count == 0 && AskedCounts.Count == 0;

        public KnownId? Find(string shop, CustomerId id)
        {
            if (!Ids.TryGetValue((shop, id), out var known)) AskedIds.Add((shop, id));
            return known;
        }

        public int JoinedCount(string shop, CustomerId customer, string kind)
        {
            if (!Counts.TryGetValue((shop, customer, kind), out var count)) AskedCounts.Add((shop, customer, kind));
            return count;
        }
    }

    sealed record HashedRow
    {
        public string Shop { get; init; } = "";
        public string Hash { get; init; } = "";
        public string? Parent { get; init; }
        public bool Pinned { get; init; }
        public bool Suppressed { get; init; }
    }

    sealed record CountRow
    {
        public string Shop { get; init; } = "";
        public string Parent { get; init; } = "";
        public string Kind { get; init; } = "";
        public int Joined { get; init; }
    }
}
