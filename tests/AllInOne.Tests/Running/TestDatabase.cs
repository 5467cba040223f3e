using System.Globalization;
using Dapper;
using Microsoft.Data.SqlClient;

namespace Perennial.AllInOne.Tests.Running;

/// <summary>A database of its own on the T-SQL server, dropped at the end.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    readonly string _server;
    readonly string _name;

    TestDatabase(string server, string name) => (_server, _name, Connection) = (server, name, new SqlConnectionStringBuilder(server) { InitialCatalog = name }.ToString());

    public string Connection { get; }

    public static async Task<TestDatabase> CreateAsync(string server)
    {
        var name = "perennial_" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12];
        await ExecuteAsync(server, $"CREATE DATABASE {name}");
        return new TestDatabase(server, name);
    }

    public async ValueTask DisposeAsync()
    {
        SqlConnection.ClearAllPools();
        await ExecuteAsync(_server, $"DROP DATABASE {_name}");
    }

    // Some servers refuse while another test process does the same.
    static async Task ExecuteAsync(string server, string sql)
    {
        const int TriesMax = 10;
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var connection = new SqlConnection(server);
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
