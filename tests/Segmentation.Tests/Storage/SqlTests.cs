using Perennial.Foundation.Sql;
using Perennial.Segmentation.Storage;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqlTests
{
    [Fact]
    public void Every_statement_and_migration_is_TSql()
    {
        var store = new SegmentationStore(new SqlServerDatabase("segmentation", "Server=nowhere"));
        var values = new ValueStore(new SqlServerDatabase("segmentation", "Server=nowhere"));
        var texts = new List<(string Name, string Text)>([.. TSql.StatementsOf(store), .. TSql.StatementsOf(values), .. Migrator.Batches(Program.House.Home, "SqlServer")]);
        Assert.True(texts.Count > 15);
        Assert.Empty(texts.SelectMany(t => TSql.Errors(t.Text).Select(e => $"{t.Name}: {e}")));
    }

    [Fact]
    public void Both_dialects_have_the_same_migrations()
        => Assert.Equal(Migrator.Batches(Program.House.Home, "Sqlite").Select(m => m.Name).Distinct(), Migrator.Batches(Program.House.Home, "SqlServer").Select(m => m.Name).Distinct());
}
