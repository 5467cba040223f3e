using System.Data.Common;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Identity;

/// <summary>
/// Most ids never join another, and of those memory says so: it has the digest of every id that has a row. What it has read of
/// the others it keeps, up to a bound. Nothing rests on memory being told: each transaction reads which rows were changed since
/// it looked last, whoever changed them.
/// </summary>
/// <remarks>Runs within write transactions alone, of which SQLite has one at a time.</remarks>
internal sealed class SqliteKnownIdRows(Database database, IdentityTables tables, IdSalts salts) : IKnownIdRows, IKnownIds
{
    readonly DigestSet _digests = new();
    readonly RecentIds _recent = new();
    Write _write = null!;
    long _sequence;
    string _shop = "";
    IdHash _hash = null!;

    public Task OpenAsync(CancellationToken cancellation) => database.WriteAsync(write =>
    {
        CatchUp(write);
        return Task.CompletedTask;
    }, cancellation);

    public Task<T> DecideAsync<T>(Write write, Func<IKnownIds, T> decide)
    {
        CatchUp(write);
        (_write, _shop) = (write, "");
        return Task.FromResult(decide(this));
    }

    string StandSql => $"SELECT sequence FROM {database.Prefix}identity_stand";

    string ChangedSql => $"""
        SELECT digest
        FROM {database.Prefix}known_id
        WHERE sequence > @sequence
        """;

    void CatchUp(Write write)
    {
        using var standing = Command(write, StandSql);
        var stand = (long)standing.ExecuteScalar()!;
        if (stand == _sequence) return;
        using var changed = Command(write, ChangedSql);
        var parameter = changed.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@sequence", _sequence);
        changed.Parameters.Add(parameter);
        using var rows = changed.ExecuteReader();
        while (rows.Read())
        {
            var digest = unchecked((ulong)rows.GetInt64(0));
            _digests.Add(digest);
            _recent.Forget(digest);
        }
        _sequence = stand;
    }

    public KnownId? Find(string shop, CustomerId id)
    {
        if (_digests.Count == 0) return null;
        var hash = HashOf(shop);
        var digest = hash.Digest(id);
        if (!_digests.Contains(digest)) return null;
        if (_recent.TryFind(digest, shop, id, out var recent)) return recent;
        var known = tables.Id(_write, shop, hash.Of(id))?.ToKnownId();
        // The text of an erased id stays nowhere, not in memory either.
        if (known is not { Suppressed: true }) _recent.Keep(digest, shop, id, known);
        return known;
    }

    string JoinedCountSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}known_id
        WHERE shop = @shop
        AND parent = @parent
        AND id_kind = @kind
        """;

    public int JoinedCount(string shop, CustomerId customer, string kind)
    {
        using var command = Command(_write, JoinedCountSql);
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("@shop", shop), ("@parent", customer.Text), ("@kind", kind)])
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }
        return (int)(long)command.ExecuteScalar()!;
    }

    IdHash HashOf(string shop)
    {
        if (_shop != shop) (_shop, _hash) = (shop, salts.Of(_write, shop));
        return _hash;
    }

    static DbCommand Command(Write write, string sql)
    {
        var command = write.Connection.CreateCommand();
        command.Transaction = write.Transaction;
        command.CommandText = sql;
        return command;
    }
}
