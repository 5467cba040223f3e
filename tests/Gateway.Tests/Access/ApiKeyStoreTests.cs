using Perennial.Foundation.Sql;
using Perennial.Gateway.Access;
using Perennial.Testing;

namespace Perennial.Gateway.Tests.Access;

/// <summary>What the key store guarantees in each dialect.</summary>
public abstract class ApiKeyStoreConformance
{
    static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly string Hash = new('a', 64);

    protected abstract Task<TestStore> OpenAsync();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Finds_the_shop_of_a_key_until_it_is_revoked()
    {
        await using var store = await OpenAsync();
        var keys = new ApiKeyStore(store.Database);
        Assert.False(await keys.AnyAsync(Cancellation));
        await keys.InsertAsync(Hash, "acme", "test", Now, Cancellation);
        Assert.True(await keys.AnyAsync(Cancellation));
        Assert.Equal("acme", await keys.FindAsync(Hash, Cancellation));
        Assert.Null(await keys.FindAsync(Hash.ToUpperInvariant(), Cancellation));
        Assert.Null(await keys.FindAsync(new string('b', 64), Cancellation));
        Assert.True(await keys.RevokeAsync(Hash, Now, Cancellation));
        Assert.False(await keys.RevokeAsync(Hash, Now, Cancellation));
        Assert.Null(await keys.FindAsync(Hash, Cancellation));
        Assert.True(await keys.AnyAsync(Cancellation));
    }

    [Fact]
    public async Task The_first_key_is_made_only_while_there_is_none()
    {
        await using var store = await OpenAsync();
        var keys = new ApiKeyStore(store.Database);
        Assert.True(await keys.InsertFirstAsync(Hash, "acme", "first", Now, Cancellation));
        Assert.False(await keys.InsertFirstAsync(new string('b', 64), "acme", "first", Now, Cancellation));
        Assert.Null(await keys.FindAsync(new string('b', 64), Cancellation));
    }

    [Fact]
    public async Task A_shop_may_have_many_keys_of_one_name()
    {
        await using var store = await OpenAsync();
        var keys = new ApiKeyStore(store.Database);
        foreach (var c in "bcd") await keys.InsertAsync(new string(c, 64), "acme", "test", Now, Cancellation);
        foreach (var c in "bcd") Assert.Equal("acme", await keys.FindAsync(new string(c, 64), Cancellation));
    }
}

public sealed class SqliteApiKeyStoreTests : ApiKeyStoreConformance
{
    protected override Task<TestStore> OpenAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class SqlServerApiKeyStoreTests : ApiKeyStoreConformance
{
    protected override Task<TestStore> OpenAsync() => TestStore.SqlServerAsync(Program.House);
}

public sealed class ApiKeyStoreSqlTests
{
    [Fact]
    public void Every_statement_and_migration_parses_as_TSql()
    {
        var database = new SqlServerDatabase("gateway", "Server=nowhere;Database=none");
        var texts = TSql.StatementsOf(new ApiKeyStore(database)).Concat(Migrator.Batches(Program.House.Home, "SqlServer")).ToList();
        Assert.Equal(9, texts.Count);
        Assert.All(texts, text => Assert.Empty(TSql.Errors(text.Item2)));
    }
}
