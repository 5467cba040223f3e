using System.Data.Common;
using Dapper;

namespace Perennial.Foundation.Sql;

/// <summary>A process that holds leases.</summary>
/// <param name="Id">Of this process alone; 200 characters at most.</param>
/// <param name="Instance">The same for the process that comes in its place after its end; no two live ones share it.</param>
public sealed record LeaseHolder(string Id, string Instance);

/// <summary>What is leased at an instant.</summary>
/// <param name="Holders">Ids of those who live, in the order in which they came.</param>
/// <param name="Held">By name, the holder's id.</param>
public sealed record LeasesSeen(IReadOnlyList<string> Holders, IReadOnlyDictionary<string, string> Held);

/// <summary>
/// Who of a house's replicas does what, by name and for a time, in the tables <c>lease (name, holder, expire_time)</c> and
/// <c>lease_holder (holder, instance, join_time, expire_time)</c> of its schema. A lease spares double work and is no lock: a holder that was
/// held up may go on for a while, so what it writes must rest on something else, as a batch rests on its checkpoint.
/// </summary>
public sealed class Leases(Database database)
{
    /// <summary>Longer than any lease: what claims to run for longer was written by a clock that has been set back since, and is over.</summary>
    internal static readonly TimeSpan DurationMax = TimeSpan.FromHours(1);

    sealed record LeaseRow
    {
        public string Name { get; init; } = "";
        public string Holder { get; init; } = "";
        public DateTimeOffset ExpireTime { get; init; }
    }

    internal string InheritSql => $"DELETE FROM {database.Prefix}lease WHERE holder IN (SELECT holder FROM {database.Prefix}lease_holder WHERE instance = @Instance)";

    internal string BuryHoldersSql => $"DELETE FROM {database.Prefix}lease_holder WHERE instance = @Instance OR expire_time < @now OR expire_time > @horizon";

    /// <summary>Enters a holder that starts. What its predecessor of the same instance left behind is free at once.</summary>
    public Task JoinAsync(LeaseHolder holder, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(holder);
        var values = new { holder.Id, holder.Instance, now, until, horizon = now + DurationMax };
        return database.WriteAsync(async write =>
        {
            await write.Connection.ExecuteAsync(InheritSql, values, write.Transaction);
            await write.Connection.ExecuteAsync(BuryHoldersSql, values, write.Transaction);
            await write.Connection.ExecuteAsync(EnterSql, values, write.Transaction);
        }, cancellation);
    }

    internal string EnterSql => $"INSERT INTO {database.Prefix}lease_holder (holder, instance, join_time, expire_time) SELECT @Id, @Instance, @now, @until WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}lease_holder WHERE holder = @Id)";

    internal string LiveSql => $"UPDATE {database.Prefix}lease_holder SET expire_time = @until WHERE holder = @Id";

    internal string RenewSql => $"UPDATE {database.Prefix}lease SET expire_time = @until WHERE holder = @Id";

    /// <summary>Says that the holder lives, and renews all that it still holds.</summary>
    public Task RenewAsync(LeaseHolder holder, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(holder);
        var values = new { holder.Id, holder.Instance, now, until };
        return database.WriteAsync(async write =>
        {
            // Somebody who starts removes those who were silent for too long.
            if (await write.Connection.ExecuteAsync(LiveSql, values, write.Transaction) == 0) await write.Connection.ExecuteAsync(EnterSql, values, write.Transaction);
            await write.Connection.ExecuteAsync(RenewSql, values, write.Transaction);
        }, cancellation);
    }

    internal string HoldersSql => $"SELECT holder, expire_time FROM {database.Prefix}lease_holder ORDER BY join_time, holder";

    internal string LeasesSql => $"SELECT name, holder, expire_time FROM {database.Prefix}lease";

    /// <summary>What is leased, as <paramref name="holder"/> sees it: its own goes on until somebody else takes it.</summary>
    public async Task<LeasesSeen> ReadAsync(LeaseHolder holder, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(holder);
        var (holders, leases) = await database.ReadAsync(async connection => (await QueryAsync(connection, HoldersSql), await QueryAsync(connection, LeasesSql)), cancellation);
        return new([.. holders.Where(Counts).Select(row => row.Holder)], leases.Where(Counts).ToDictionary(row => row.Name, row => row.Holder, StringComparer.Ordinal));

        bool Counts(LeaseRow row) => row.Holder == holder.Id || (row.ExpireTime >= now && row.ExpireTime <= now + DurationMax);
        Task<IEnumerable<LeaseRow>> QueryAsync(DbConnection connection, string sql) => connection.QueryAsync<LeaseRow>(new CommandDefinition(sql, cancellationToken: cancellation));
    }

    internal string TakeSql => $"UPDATE {database.Prefix}lease SET holder = @Id, expire_time = @until WHERE name = @name AND (holder = @Id OR expire_time < @now OR expire_time > @horizon)";

    internal string CreateSql => $"INSERT INTO {database.Prefix}lease (name, holder, expire_time) SELECT @name, @Id, @until WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}lease WHERE name = @name)";

    /// <summary>Takes those of <paramref name="names"/> that nobody else holds, and answers them.</summary>
    public Task<IReadOnlyList<string>> AcquireAsync(LeaseHolder holder, IReadOnlyList<string> names, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(holder);
        ArgumentNullException.ThrowIfNull(names);
        return database.WriteAsync<IReadOnlyList<string>>(async write =>
        {
            var acquired = new List<string>();
            foreach (var name in names)
            {
                var values = new { name, holder.Id, now, until, horizon = now + DurationMax };
                if (await write.Connection.ExecuteAsync(TakeSql, values, write.Transaction) == 1 || await write.Connection.ExecuteAsync(CreateSql, values, write.Transaction) == 1) acquired.Add(name);
            }
            return acquired;
        }, cancellation);
    }

    internal string ReleaseSql => $"DELETE FROM {database.Prefix}lease WHERE name = @name AND holder = @Id";

    /// <summary>Gives up those of <paramref name="names"/> that the holder still has.</summary>
    public Task ReleaseAsync(LeaseHolder holder, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(holder);
        return database.WriteAsync(async write =>
        {
            foreach (var name in names) await write.Connection.ExecuteAsync(ReleaseSql, new { name, holder.Id }, write.Transaction);
        }, cancellation);
    }

    internal string ReleaseAllSql => $"DELETE FROM {database.Prefix}lease WHERE holder = @Id";

    internal string ExitSql => $"DELETE FROM {database.Prefix}lease_holder WHERE holder = @Id";

    /// <summary>Gives up everything, as a holder that ends does.</summary>
    public Task LeaveAsync(LeaseHolder holder, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(holder);
        return database.WriteAsync(async write =>
        {
            await write.Connection.ExecuteAsync(ReleaseAllSql, new { holder.Id }, write.Transaction);
            await write.Connection.ExecuteAsync(ExitSql, new { holder.Id }, write.Transaction);
        }, cancellation);
    }
}
