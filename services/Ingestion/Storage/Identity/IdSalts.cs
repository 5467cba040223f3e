using System.Security.Cryptography;
using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Ingestion.Storage.Identity;

/// <summary>The salts of the shops. One that is given within a transaction counts for that transaction, and is remembered when a later one reads it.</summary>
internal sealed class IdSalts(Database database)
{
    readonly Dictionary<string, IdHash> _known = new(StringComparer.Ordinal);
    readonly Dictionary<string, (Write By, IdHash Hash)> _given = new(StringComparer.Ordinal);
    readonly Lock _gate = new();

    string SaltSql => $"SELECT id_salt FROM {database.Prefix}shop WHERE shop = @shop";

    string GiveSql => $"""
        UPDATE {database.Prefix}shop
        SET id_salt = @salt
        WHERE shop = @shop
        AND id_salt IS NULL
        """;

    public IdHash Of(Write write, string shop)
    {
        lock (_gate)
        {
            if (_known.TryGetValue(shop, out var known)) return known;
            if (_given.TryGetValue(shop, out var given) && given.By == write) return given.Hash;
        }
        return Find(write, shop) ?? Give(write, shop, RandomNumberGenerator.GetBytes(IdHash.SaltBytes));
    }

    IdHash? Find(Write write, string shop)
        => write.Connection.ExecuteScalar<byte[]?>(SaltSql, new { shop }, write.Transaction) is { } salt ? Remember(shop, salt) : null;

    IdHash Give(Write write, string shop, byte[] salt)
    {
        // Another may have given one in between, and its commit was waited for.
        if (write.Connection.Execute(GiveSql, new { shop, salt }, write.Transaction) == 0) return Find(write, shop) ?? throw new InvalidOperationException($"There is no shop '{shop}' to have ids.");
        var hash = new IdHash(salt);
        lock (_gate) _given[shop] = (write, hash);
        return hash;
    }

    /// <summary>Null before the shop has any known id.</summary>
    public async Task<IdHash?> FindAsync(string shop, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_known.TryGetValue(shop, out var known)) return known;
        }
        var salt = await database.ReadAsync(connection => connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(SaltSql, new { shop }, cancellationToken: cancellation)), cancellation);
        return salt is null ? null : Remember(shop, salt);
    }

    IdHash Remember(string shop, byte[] salt)
    {
        lock (_gate)
        {
            _given.Remove(shop);
            return _known[shop] = new IdHash(salt);
        }
    }
}
