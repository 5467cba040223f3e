using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Gateway.Access;

/// <summary>Keys by their hash; one class for both dialects, since nothing differs beyond what <see cref="Database"/> abstracts.</summary>
internal sealed class ApiKeyStore(Database database)
{
    internal string InsertSql => $"""
        INSERT INTO {database.Prefix}api_key (key_hash, shop, name, create_time)
        VALUES (@hash, @shop, @name, @now)
        """;

    public Task InsertAsync(string hash, string shop, string name, DateTimeOffset now, CancellationToken cancellation)
        => database.WriteAsync(write => write.Connection.ExecuteAsync(InsertSql, new { hash, shop, name, now }, write.Transaction), cancellation);

    internal string InsertFirstSql => $"""
        INSERT INTO {database.Prefix}api_key (key_hash, shop, name, create_time)
        SELECT @hash, @shop, @name, @now
        WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}api_key)
        """;

    /// <summary>False when there was a key already.</summary>
    public async Task<bool> InsertFirstAsync(string hash, string shop, string name, DateTimeOffset now, CancellationToken cancellation)
        => await database.WriteAsync(write => write.Connection.ExecuteAsync(InsertFirstSql, new { hash, shop, name, now }, write.Transaction), cancellation) == 1;

    internal string FindSql => $"""
        SELECT shop
        FROM {database.Prefix}api_key
        WHERE key_hash = @hash AND revoked_time IS NULL
        """;

    /// <summary>The shop of a key that is in force, or null.</summary>
    public Task<string?> FindAsync(string hash, CancellationToken cancellation)
        => database.ReadAsync(connection => connection.ExecuteScalarAsync<string?>(new CommandDefinition(FindSql, new { hash }, cancellationToken: cancellation)), cancellation);

    internal string AnySql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}api_key
        """;

    public async Task<bool> AnyAsync(CancellationToken cancellation)
        => await database.ReadAsync(connection => connection.ExecuteScalarAsync<long>(new CommandDefinition(AnySql, cancellationToken: cancellation)), cancellation) > 0;

    internal string RevokeSql => $"""
        UPDATE {database.Prefix}api_key
        SET revoked_time = @now
        WHERE key_hash = @hash AND revoked_time IS NULL
        """;

    /// <summary>False when no such key was in force.</summary>
    public async Task<bool> RevokeAsync(string hash, DateTimeOffset now, CancellationToken cancellation)
        => await database.WriteAsync(write => write.Connection.ExecuteAsync(RevokeSql, new { hash, now }, write.Transaction), cancellation) == 1;
}
