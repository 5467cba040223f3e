using Perennial.Testing;

namespace Perennial.AllInOne.Tests.Running;

public sealed class MigrateCommandTests
{
    static readonly string[] Schemas = ["ingestion", "segmentation", "engagement", "campaigns", "gateway"];

    [Fact]
    public async Task Brings_every_schema_up_to_date_and_does_nothing_again()
    {
        var data = Directory.CreateTempSubdirectory("perennial-migrate-").FullName;
        var first = await Run.AsyncWith("migrate", "--data", data);
        Assert.Equal(0, first.Code);
        Assert.All(Schemas, schema => Assert.Matches($"{schema}: [1-9][0-9]* migrations applied", first.Output));

        var again = await Run.AsyncWith("migrate", "--data", data);
        Assert.All(Schemas, schema => Assert.Contains($"{schema}: 0 migrations applied", again.Output, StringComparison.Ordinal));
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Creates_the_database_where_the_server_has_none_of_that_name()
    {
        await using var database = TestDatabase.NamedOrSkip();
        var first = await Run.AsyncWith("migrate", "--store", "sqlserver", "--connection", database.Connection);
        Assert.Equal("", first.Error);
        Assert.Equal(0, first.Code);
        Assert.Contains("database created", first.Output, StringComparison.Ordinal);

        var again = await Run.AsyncWith("migrate", "--store", "sqlserver", "--connection", database.Connection);
        Assert.DoesNotContain("database created", again.Output, StringComparison.Ordinal);
        Assert.All(Schemas, schema => Assert.Contains($"{schema}: 0 migrations applied", again.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_one_line()
    {
        var (code, _, error) = await Run.AsyncWith("migrate", "--store", "sqlserver", "--connection", "Server=127.0.0.1,9;Database=x;User ID=u;Password=p;Connect Timeout=1;Encrypt=False");
        Assert.Equal(1, code);
        Assert.StartsWith("perennial: the store does not answer", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }
}
