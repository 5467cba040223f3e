using System.Globalization;
using Dapper;
using Microsoft.Data.SqlClient;
using Xunit;

namespace Perennial.Testing;

/// <summary>A database of its own on the T-SQL server, dropped at the end.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    /// <summary>Names the T-SQL server that the suites also run on.</summary>
    public const string Variable = "PERENNIAL_TEST_SQLSERVER";

    readonly string _server;
    readonly string _name = "perennial_" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12];

    TestDatabase(string server) => (_server, Connection) = (server, new SqlConnectionStringBuilder(server) { InitialCatalog = _name }.ToString());

    public string Connection { get; }

    /// <summary>A database that is there. Skips the running test, with the reason, where no server is named.</summary>
    public static async Task<TestDatabase> CreateOrSkipAsync()
    {
        var database = NamedOrSkip();
        await database.ExecuteAsync($"CREATE DATABASE {database._name}");
        return database;
    }

    /// <summary>The name of one that is not there yet. Skips likewise.</summary>
    public static TestDatabase NamedOrSkip()
    {
        var server = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(server), $"{Variable} names no T-SQL server");
        return new TestDatabase(server!);
    }

    public async ValueTask DisposeAsync()
    {
        SqlConnection.ClearAllPools();
        await ExecuteAsync($"DROP DATABASE {_name}");
    }

    /// <summary>Some servers refuse while another test process does the same, so a few times.</summary>
    async Task ExecuteAsync(string sql)
    {
        const int TriesMax = 10;
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var connection = new SqlConnection(_server);
                await connection.ExecuteAsync(sql, commandTimeout: 120);
                return;
            }
            catch (SqlException) when (tried < TriesMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 * tried));
            }
        }
    }
}
