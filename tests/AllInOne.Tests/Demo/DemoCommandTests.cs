using System.Globalization;
using System.Text.Json;

namespace Perennial.AllInOne.Tests.Demo;

/// <summary>The whole demo, as a newcomer runs it.</summary>
public sealed class DemoCommandTests : IDisposable
{
    static readonly string[] Days = ["2011-06-30", "2011-03-27", "2011-10-30"];

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Counts_right_at_any_day_as_one_document_and_the_same_again_as_tables()
    {
        var (code, output, error) = await Run.AsyncWith(["demo", "--exit", "--json", "--data", _folder, .. Days.SelectMany(d => new[] { "--as-of", d }), "--as-of", "2011-12-09"]);
        Assert.True(code == 0, error);
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        Assert.Equal(["counts", "models", "population", "customers", "timings"], root.EnumerateObject().Select(p => p.Name));
        CheckCounts(root.GetProperty("counts"));
        CheckModels(root);
        CheckCustomers(root.GetProperty("customers"));
        Assert.Equal(["start", "import", "catchUp", "questions", "total"], root.GetProperty("timings").EnumerateObject().Select(p => p.Name));

        // On the same data once more: everything is known already, and nothing counts twice.
        var (again, tables, _) = await Run.AsyncWith("demo", "--exit", "--data", _folder);
        Assert.Equal(0, again);
        foreach (var (stage, count) in Reference.CountsAt(new DateOnly(2011, 12, 9)))
            Assert.Matches($@"│ {stage} +│ +{count.ToString("N0", CultureInfo.InvariantCulture)} │", tables);
        Assert.Contains("if no order", tables, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', tables);
    }

    static void CheckCounts(JsonElement counts)
    {
        Assert.Equal(Days.Prepend("2011-12-09"), counts.EnumerateArray().Select(c => c.GetProperty("asOf").GetString()));
        foreach (var count in counts.EnumerateArray())
        {
            Assert.Equal(["asOf", "stages"], count.EnumerateObject().Select(p => p.Name));
            var day = DateOnly.Parse(count.GetProperty("asOf").GetString()!, CultureInfo.InvariantCulture);
            Assert.Equal(Reference.CountsAt(day), count.GetProperty("stages").EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetInt64()));
        }
        Assert.Equal([42, 228, 626, 625, 512, 944, 25, 0], counts[1].GetProperty("stages").EnumerateObject().Select(s => s.Value.GetInt32()));
    }

    /// <summary>Every customer once in each family. The silence within which four of five gaps end is the Kaplan-Meier p80 of the sample's last day, 130, or as the clock runs past midnight one day more.</summary>
    static void CheckModels(JsonElement root)
    {
        var models = root.GetProperty("models").EnumerateArray().ToDictionary(m => m.GetProperty("model").GetString()!, m => m.GetProperty("stages"));
        Assert.Equal(["active-lapsed", "five-stage", "rfm"], models.Keys);
        Assert.All(models.Values, stages => Assert.Equal(4_372, stages.EnumerateObject().Sum(s => s.Value.GetInt32())));
        Assert.InRange(root.GetProperty("population").GetProperty("lapseDays").GetInt32(), 130, 131);
        Assert.Equal([33, 0, 1_494, 2_845, 0], models["five-stage"].EnumerateObject().Select(s => s.Value.GetInt32()));
        Assert.Equal(33, models["rfm"].GetProperty("prospect").GetInt32());
    }

    static void CheckCustomers(JsonElement customers)
    {
        var all = customers.EnumerateArray().ToList();
        Assert.Equal(10, all.Count);
        Assert.Equal(10, all.DistinctBy(c => c.GetProperty("customer").GetString()).Count());
        Assert.All(all.GroupBy(c => c.GetProperty("stage").GetString()), stage => Assert.Equal(2, stage.Count()));
        foreach (var customer in all)
        {
            Assert.NotEmpty(customer.GetProperty("why").GetString()!);
            var action = customer.GetProperty("action");
            Assert.All(new[] { "action", "strategy", "channel", "reason" }, name => Assert.NotEmpty(action.GetProperty(name).GetString()!));
        }
        var loyal = all.First(c => c.GetProperty("stage").GetString() == "loyal");
        Assert.Matches("^loyal -> at_risk on 201[12]-[0-9]{2}-[0-9]{2} if no order$", loyal.GetProperty("next").GetProperty("summary").GetString());
    }
}
