using System.Globalization;
using Perennial.Segmentation.Domain;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class BuiltInModelsTests
{
    static readonly DateTimeOffset Start = Utc("2024-01-01T12:00:00Z");

    static BoundModel Model(string id) => BuiltIn.Single(m => m.Id == id);

    [Fact]
    public void Every_stage_says_what_it_means_and_what_the_source_says()
        => Assert.All(BuiltInModels.All.Values, m =>
        {
            Assert.All((string[])[m.Title, m.Description, m.Source], Assert.NotEmpty);
            Assert.All(m.Stages, s => Assert.All((string[])[s.Title, s.Meaning, s.SourceText], Assert.NotEmpty));
        });

    [Theory]
    [InlineData("five-stage", "awareness", 0, "no order, never viewed")]
    [InlineData("five-stage", "consideration", 0, "no order, viewed")]
    [InlineData("five-stage", "conversion", 0, "1 order, no referral, no share, last rating below 4 or no rating, last NPS answer below 9 or no NPS answer")]
    [InlineData("five-stage", "advocacy", 2, "1 or more orders, last rating 4 or more")]
    [InlineData("five-stage", "advocacy", 3, "1 or more orders, last NPS answer 9 to 10")]
    [InlineData("active-lapsed", "active_repeat", 0, "2 or more orders, 0 or less days beyond the lapse threshold")]
    [InlineData("clc-windowed", "loyal", 0, "4 or more orders, 4 or more orders within 90 days")]
    [InlineData("rfm", "champions", 1, "recency score 5, frequency score 5, monetary score 4")]
    public void A_rule_reads_as_what_it_asks_for(string model, string stage, int rule, string words)
        => Assert.Equal(words, BuiltInModels.All[model].Stages.Single(s => s.Id == stage).Rules[rule].ToString());

    [Fact]
    public void The_eleven_segments_share_the_125_codes()
    {
        var codes = BuiltInModels.All["rfm"].Stages.Where(s => s.Id != "prospect")
            .SelectMany(s => s.Rules.Select(r => string.Concat(r.Conditions.Select(c => c.Bounds.Min!.Value.ToString(CultureInfo.InvariantCulture)))))
            .ToList();
        Assert.Equal(11, BuiltInModels.All["rfm"].Stages.Count - 1);
        Assert.Equal(125, codes.Count);
        Assert.Equal(
            from r in Enumerable.Range(1, 5) from f in Enumerable.Range(1, 5) from m in Enumerable.Range(1, 5) select string.Create(CultureInfo.InvariantCulture, $"{r}{f}{m}"),
            codes.Order(StringComparer.Ordinal));
    }

    [Theory]
    // Cut points of recency 16.2, 30, 46 and 64; of frequency 1, 1, 1 and 2; of spend 14.37, 21.984, 33.96 and 58.7.
    [InlineData(1, 0, "new_customers")] // 511
    [InlineData(2, 16, "potential_loyalist")] // 542
    [InlineData(2, 17, "potential_loyalist")] // 442
    [InlineData(3, 0, "potential_loyalist")] // 553
    [InlineData(6, 30, "champions")] // 455
    [InlineData(6, 31, "loyal")] // 355
    [InlineData(6, 47, "at_risk")] // 255
    [InlineData(6, 65, "cannot_lose_them")] // 155
    [InlineData(1, 65, "lost")] // 111
    [InlineData(0, null, "prospect")]
    public void A_customer_is_scored_by_the_cut_points_of_the_population(int orders, int? days, string stage) => Assert.Equal(stage, Placed(Model("rfm"), orders, days).Stage.Id);

    [Theory]
    [InlineData(0, null, "prospect")]
    [InlineData(1, 0, "active_one_time")]
    [InlineData(1, 63, "active_one_time")]
    [InlineData(1, 64, "lapsed")]
    [InlineData(2, 63, "active_repeat")]
    [InlineData(2, 64, "lapsed")]
    public void Whoever_goes_beyond_the_lapse_threshold_has_lapsed(int orders, int? days, string stage) => Assert.Equal(stage, Placed(Model("active-lapsed"), orders, days).Stage.Id);

    static readonly Opinion Referral = new(OpinionKind.Referral, Start, "r", null);
    static readonly Opinion Share = new(OpinionKind.Share, Start, "s", null);

    static Opinion Review(decimal? rating, int day = 0) => new(OpinionKind.Review, Start.AddDays(day), $"w{day}", rating);
    static Opinion Nps(decimal score, int day = 0) => new(OpinionKind.NpsAnswer, Start.AddDays(day), $"n{day}", score);

    [Theory]
    [InlineData("awareness", 0, false)]
    [InlineData("consideration", 0, true)]
    [InlineData("conversion", 1, true)]
    [InlineData("conversion", 1, false)]
    [InlineData("retention", 2, false)]
    public void Five_stages_go_from_awareness_to_retention(string stage, int orders, bool viewed) => Assert.Equal(stage, FiveStage(orders, viewed));

    [Fact]
    public void Whoever_bought_and_speaks_well_of_the_shop_is_an_advocate()
    {
        foreach (var opinion in (Opinion[])[Referral, Share, Review(4), Review(5), Nps(9), Nps(10)])
        {
            Assert.Equal("advocacy", FiveStage(1, false, opinion));
            Assert.Equal("advocacy", FiveStage(3, true, opinion));
            // Not without an order.
            Assert.Equal("awareness", FiveStage(0, false, opinion));
        }
        foreach (var opinion in (Opinion[])[Review(null), Review(3.5m), Nps(8)]) Assert.Equal("conversion", FiveStage(1, false, opinion));
    }

    [Fact]
    public void The_last_word_counts()
    {
        Assert.Equal("conversion", FiveStage(1, false, Nps(10), Nps(3, day: 1)));
        Assert.Equal("advocacy", FiveStage(1, false, Nps(3), Nps(10, day: 1)));
        Assert.Equal("conversion", FiveStage(1, false, Review(5), Review(1, day: 1)));
        // A review without a rating takes none back.
        Assert.Equal("advocacy", FiveStage(1, false, Review(5), Review(null, day: 1)));
    }

    static string FiveStage(int orders, bool viewed, params Opinion[] opinions)
    {
        var facts = Enumerable.Range(0, orders).Select(n => new Fact(FactKind.Ordered, Start, $"m{n}", $"o{n}", 10, ""));
        var history = History.Of(Start, facts, "GBP", null, viewed ? [new(ActivityKind.View, Start, "v")] : [new(ActivityKind.Visit, Start, "v")], opinions);
        return Lifecycle.At(history, Model("five-stage"), London, Start.AddDays(400))!.Stage.Id;
    }
}
