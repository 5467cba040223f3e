using System.Globalization;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class LifecycleModelTests
{
    /// <summary>91 cases that were computed independently.</summary>
    internal static IEnumerable<(int Orders, int? Days, string Stage)> Cases()
    {
        using var reader = new StreamReader(typeof(LifecycleModelTests).Assembly.GetManifestResourceStream("clc_boundary_truth_table.csv")!);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Skip(1)
            .Select(line => line.Split(','))
            .Select(f => (Number(f[0]), f[1].Length == 0 ? (int?)null : Number(f[1]), Expected.StageId(f[2])))];

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    public static TheoryData<int, int?, string> Table()
    {
        var table = new TheoryData<int, int?, string>();
        foreach (var (orders, days, stage) in Cases()) table.Add(orders, days, stage);
        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Places_every_case_of_the_table(int orders, int? days, string stage) => Assert.Equal(stage, Given.Clc.Place(orders, days).Stage.Id);

    [Fact]
    public void The_table_is_whole() => Assert.Equal(91, Cases().Count());

    [Fact]
    public void Every_case_lies_in_exactly_one_cell()
    {
        foreach (var model in BuiltInModels.All)
        {
            Assert.Equal(1, Cells(model, 0, null));
            for (var orders = 1; orders <= 12; orders++)
                for (var days = 0; days <= 800; days++) Assert.True(Cells(model, orders, days) == 1, $"{model.Id}: {orders} orders, {days} days");
        }

        static int Cells(LifecycleModel model, int orders, int? days) => model.Stages.SelectMany(s => s.Cells).Count(c => c.Contains(orders, days));
    }

    [Fact]
    public void The_next_stage_is_the_first_that_differs_day_by_day()
    {
        for (var orders = 1; orders <= 6; orders++)
            for (var days = 0; days <= 400; days++)
            {
                var present = Given.Clc.Place(orders, days).Stage;
                var next = Enumerable.Range(days + 1, 800).Select(d => (Given.Clc.Place(orders, d).Stage, Days: d)).FirstOrDefault(n => n.Stage != present);
                Assert.Equal(next.Stage is null ? null : next, Given.Clc.NextByClock(orders, days));
            }
    }

    [Fact]
    public void Without_an_order_the_clock_changes_nothing() => Assert.Null(Given.Clc.NextByClock(0, null));

    [Theory]
    [InlineData(0, null, "prospect: no order")]
    [InlineData(1, 5, "new: 1 order, the last 0 to 30 days ago")]
    [InlineData(3, 60, "promising: 2 to 3 orders, the last 0 to 60 days ago")]
    [InlineData(9, 0, "loyal: 4 or more orders, the last 0 to 90 days ago")]
    [InlineData(1, 40, "drifting: 1 order, the last 31 to 90 days ago")]
    [InlineData(2, 70, "drifting: 2 to 3 orders, the last 61 to 90 days ago")]
    [InlineData(2, 91, "sleeper: 1 to 3 orders, the last 91 or more days ago")]
    [InlineData(4, 365, "at_risk: 4 or more orders, the last 91 to 365 days ago")]
    [InlineData(4, 366, "red_alert: 4 or more orders, the last 366 or more days ago")]
    public void A_rule_reads_as_the_cell_that_matched(int orders, int? days, string rule) => Assert.Equal(rule, Given.Clc.Place(orders, days).Rule);

    [Fact]
    public void A_model_with_a_hole_says_so()
    {
        var model = new LifecycleModel("holed", [new("some", [new(new(1, 1), new(0, 10))])]);
        Assert.Contains("holed", Assert.Throws<InvalidOperationException>(() => model.Place(2, 3)).Message, StringComparison.Ordinal);
    }
}
