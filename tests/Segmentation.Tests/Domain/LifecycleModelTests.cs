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
    public void Places_every_case_of_the_table(int orders, int? days, string stage) => Assert.Equal(stage, Given.Placed(Given.Clc, orders, days).Stage.Id);

    [Fact]
    public void The_table_is_whole() => Assert.Equal(91, Cases().Count());

    [Fact]
    public void The_next_stage_is_the_first_that_differs_day_by_day()
    {
        foreach (var model in Given.BuiltIn)
        {
            for (var orders = 1; orders <= 5; orders++)
            {
                var days = Enumerable.Range(0, 500).Select(d => Given.Placed(model, orders, d)).ToList();
                foreach (var (day, at) in days.Index().Where(d => d.Index < 400))
                {
                    var next = days.Skip(day).FirstOrDefault(d => d.Stage != at.Stage);
                    Assert.Equal((next?.Stage, next?.Date), (at.Next?.Stage, at.Next?.Date));
                }
            }
        }
    }

    [Fact]
    public void Without_an_order_the_clock_changes_nothing() => Assert.Null(Given.Placed(Given.Clc, 0, null).Next);

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
    public void A_rule_reads_as_the_cell_that_matched(int orders, int? days, string rule) => Assert.Equal(rule, Given.Placed(Given.Clc, orders, days).Placement.Text);

    [Fact]
    public void A_model_with_a_hole_says_so()
    {
        var model = new BoundModel("holed", 1, new("", "", "", [new("some", "", "", "", [new(Condition.Whole(Feature.OrderCount, 1, 1))])]));
        Assert.Contains("holed", Assert.Throws<InvalidOperationException>(() => Given.Placed(model, 2, 3)).Message, StringComparison.Ordinal);
    }
}
