using Perennial.Foundation.Hosting;
using Perennial.Foundation.Sql;

namespace Perennial.Testing;

/// <summary>A migrated, empty schema that a test owns: a temporary SQLite file, or a database of its own on the T-SQL server.</summary>
public sealed class TestStore : IAsyncDisposable
{
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
        var server = await TestDatabase.CreateOrSkipAsync();
        SqlServerDatabase Open() => new(house.Name, server.Connection);
        var database = Open();
        await Migrator.ApplyAsync(database, house.Home, CancellationToken.None);
        return new TestStore(Open, database, server.DisposeAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _remove();
    }
}
