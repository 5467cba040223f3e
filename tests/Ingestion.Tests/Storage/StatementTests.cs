using Perennial.Foundation.Sql;
using Perennial.Ingestion.Storage;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class StatementTests
{
    [Fact]
    public async Task Every_text_parses_as_TSql()
    {
        await using var database = new SqlServerDatabase(Program.House.Name, "Server=nowhere");
        var log = new LogStore(database, 1);
        var texts = TSql.StatementsOf(log).Concat(TSql.StatementsOf(new ShopStore(database, log))).Concat(Migrator.Batches(Program.House.Home, "SqlServer")).ToList();

        Assert.True(texts.Count >= 11);
        Assert.All(texts, text => Assert.Empty(TSql.Errors(text.Item2)));
    }
}
