namespace Perennial.Ingestion.Tests;

public sealed class LimitTests
{
    [Fact]
    public void Every_limit_is_named_for_its_operator()
    {
        var operating = File.ReadAllText(Path.Combine(Root(), "docs", "OPERATING.md"));
        var limits = typeof(IngestionOptions).GetProperties().Select(p => p.Name).Where(n => n.EndsWith("Max", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(limits);
        Assert.All(limits, name => Assert.Contains($"`Ingestion:{name}`", operating, StringComparison.Ordinal));
    }

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Microservices.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }
}
