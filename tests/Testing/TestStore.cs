using System.Globalization;
using System.Reflection;
using Dapper;
using Microsoft.Data.SqlClient;
using Perennial.Foundation.Hosting;
using Perennial.Foundation.Sql;
using Xunit;

namespace Perennial.Testing;

/// <summary>A migrated, empty schema that a test owns: a temporary SQLite file, or a database of its own on the T-SQL server.</summary>
public sealed class TestStore : IAsyncDisposable
{
    /// <summary>Names the T-SQL server that the conformance suites also run on.</summary>
    public const string Variable = "PERENNIAL_TEST_SQLSERVER";

    readonly Func<Database> _open;
    readonly Func<ValueTask> _remove;

    TestStore(Func<Database> open, Database database, Func<ValueTask> remove)
    {
        Database = database;
        _open = open;
        _remove = remove;
    }

    public Database Database { get; }

    /// <summary>The same schema as another process opens it. The test disposes it.</summary>
    public Database OpenAnother() => _open();

    public static async Task<TestStore> SqliteAsync(House house)
    {
        ArgumentNullException.ThrowIfNull(house);
        var folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
        SqliteDatabase Open() => new(house.Name, folder);
        var database = Open();
        await Migrator.ApplyAsync(database, house.Home, CancellationToken.None);
        return new TestStore(Open, database, () =>
        {
            Directory.Delete(folder, recursive: true);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Skips the running test, with the reason, where no T-SQL server is named.</summary>
    public static async Task<TestStore> SqlServerAsync(House house)
    {
        ArgumentNullException.ThrowIfNull(house);
        var server = SqlServerOrSkip();
        var name = "perennial_" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12];
        await ExecuteAsync(server, $"CREATE DATABASE {name}");
        SqlServerDatabase Open() => new(house.Name, new SqlConnectionStringBuilder(server) { InitialCatalog = name }.ToString());
        var database = Open();
        await Migrator.ApplyAsync(database, house.Home, CancellationToken.None);
        return new TestStore(Open, database, async () =>
        {
            SqlConnection.ClearAllPools();
            await ExecuteAsync(server, $"DROP DATABASE {name}");
        });
    }

    /// <summary>The server's connection string, or a skip.</summary>
    public static string SqlServerOrSkip()
    {
        var server = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(server), $"{Variable} names no T-SQL server");
        return server!;
    }

    /// <summary>Creates or drops a database; some servers refuse while another test process does the same, so a few times.</summary>
    static async Task ExecuteAsync(string connectionString, string sql)
    {
        const int TriesMax = 10;
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var connection = new SqlConnection(connectionString);
                await connection.ExecuteAsync(sql, commandTimeout: 120);
                return;
            }
            catch (SqlException) when (tried < TriesMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 * tried));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _remove();
    }
}
