using Perennial.Foundation.Sql;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Ingestion.Storage.Keys;
using Perennial.Ingestion.Storage.Privacy;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class StatementTests
{
    [Fact]
    public async Task Every_text_parses_as_TSql()
    {
        await using var database = new SqlServerDatabase(Program.House.Name, "Server=nowhere");
        var log = new LogStore(database, 1);
        object[] homes = [log, new ShopStore(database, log), new ImportStore(database, log), new QuarantineStore(database, log), new ErasureTables(database), new SqlServerEventKeys(database), new KeyRuns(database), new LowMarks(database), new ReaderStore(database), new RetentionStore(database), log.Identity.Salts, new IdentityTables(database), new SqlServerKnownIdRows(database, log.Identity.Salts)];
        var texts = homes.SelectMany(TSql.StatementsOf).Concat(Migrator.Batches(Program.House.Home, "SqlServer")).ToList();

        Assert.True(texts.Count >= 88);
        Assert.All(texts, text => Assert.Empty(TSql.Errors(text.Item2)));
    }
}
