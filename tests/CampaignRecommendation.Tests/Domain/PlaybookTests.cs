using System.Text.Json;
using Perennial.CampaignRecommendation.Domain;
using Perennial.CampaignRecommendation.Storage.Playbooks;
using Perennial.CampaignRecommendation.Workers;
using Perennial.Foundation.Hosting;

namespace Perennial.CampaignRecommendation.Tests.Domain;

public sealed class PlaybookTests
{
    public static TheoryData<string> Stages() => [.. PlaybookRules.Stages];

    [Fact]
    public void The_default_playbook_has_no_problems() => Assert.Empty(PlaybookRules.Problems(Given.DefaultPlaybook));

    [Fact]
    public void The_default_playbook_plays_every_strategy_that_is_an_action_for_one_customer()
        // S17, to experiment on every action, is a way to choose among plays, not one of them.
        => Assert.Equal(Enumerable.Range(1, 16).Select(i => $"S{i}").Order(StringComparer.Ordinal), Given.DefaultPlaybook.Plays.Select(p => p.Strategy).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Stages))]
    public void The_last_play_of_every_stage_takes_everybody(string stage)
    {
        var last = Given.DefaultPlaybook.Plays.Last(p => p.Stages.Contains(stage));
        Assert.Equal(PlayConditions.None, last.Conditions);
        // A customer who refused every channel they can refuse.
        var refused = Enum.GetValues<Channel>().Where(c => c != Channel.None).Select(c => Given.Fact(c, FactKind.Consent, (int)Consent.Withdrawn)).ToArray();
        Assert.Equal(Channel.Service, Decision.Choose(Given.DefaultPlaybook, Given.Inputs(stage, 4, 500, 500, facts: refused)).Channel.Channel);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public void Every_play_of_every_stage_can_be_the_one_that_wins(string stage)
    {
        // Whoever is not loyal to the model's own bounds still must not hide a play: each is chosen for some customer of its stage.
        var chosen = new HashSet<string>();
        (int Min, int Max) orders = stage switch { "prospect" => (0, 0), "new" => (1, 1), "promising" => (2, 3), "drifting" or "sleeper" => (1, 3), _ => (4, 8) };
        foreach (var count in Enumerable.Range(orders.Min, orders.Max - orders.Min + 1))
        foreach (var days in new int?[] { 0, 1, 3, 8, 20, 40, 70, 100, 150, 200, 300, 380 })
        foreach (var inStage in new[] { 0, 40, 200 })
        foreach (var value in new[] { 100m, 2000m, 9000m })
        foreach (var warm in new[] { true, false })
        foreach (var next in new int?[] { 5, 50, null })
        foreach (var email in new[] { true, false })
        foreach (var birthday in new Birthday?[] { null, new(3, 10) })
            chosen.Add(Decision.Choose(Given.DefaultPlaybook, Given.Inputs(stage, count, count == 0 ? null : days, inStage, value, warm, next is { } n ? ("later", n) : null, birthday, email ? [Given.Fact(Channel.Email, FactKind.Address, 1)] : [])).Play.Id);
        Assert.Equal(Given.DefaultPlaybook.Plays.Where(p => p.Stages.Contains(stage)).Select(p => p.Id).Order(StringComparer.Ordinal), chosen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Existing_customers_are_offered_the_cheap_known_channels_before_ads()
        => Assert.All(Given.DefaultPlaybook.Plays.Where(p => !p.Stages.Contains("prospect") && p.Channels.Any(c => c.Channel == Channel.Ads)), play =>
        {
            var ads = play.Channels.TakeWhile(c => c.Channel != Channel.Ads).ToList();
            Assert.Contains(Channel.Email, ads.Select(c => c.Channel));
            Assert.All(ads, c => Assert.True(c.Cost <= play.Channels.Single(a => a.Channel == Channel.Ads).Cost));
        });

    public static TheoryData<string, string> Broken() => new()
    {
        { "id twice", "play 'a' is there 2 times" },
        { "id", "its id must be words" },
        { "strategy", "strategy 'S18' is not one of S1 to S17" },
        { "stage", "there is no stage 'vip'" },
        { "cost", "the cost -0.01 of channel Service is negative" },
        { "placeholder", "there is no placeholder {name}" },
        { "brace", "a brace in its reason stands alone" },
        { "days", "{days} has no value for prospects" },
        { "next", "{next_stage} and {next_date} need the condition maxDaysToNextStage" },
        { "bounds", "minOrderCount is greater than maxOrderCount" },
        { "conditional end", "is the last one of stage 'prospect' and must have no conditions" },
        { "end that misses", "is the last one of stage 'prospect' and must offer the channel Service" },
        { "no play", "stage 'prospect' has no play" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_playbook_is_refused_by_name(string what, string problem)
    {
        Play[] plays = what switch
        {
            "id twice" => [Given.Play("a"), Given.Play("a")],
            "id" => [Given.Play("Not An Id")],
            "strategy" => [Given.Play(strategy: "S18")],
            "stage" => [Given.Play("a", stages: "vip"), Given.Play()],
            "cost" => [Given.Play(cost: -0.01m)],
            "placeholder" => [Given.Play(reason: "Dear {name}")],
            "brace" => [Given.Play(reason: "{orders")],
            "days" => [Given.Play(reason: "{days}")],
            "next" => [Given.Play(reason: "{next_date}")],
            "bounds" => [Given.Play("a", new PlayConditions { MinOrderCount = 2, MaxOrderCount = 1 }), Given.Play()],
            "conditional end" => [Given.Play(conditions: new PlayConditions { Warm = true })],
            "end that misses" => [Given.Play(channel: Channel.Onsite)],
            _ => [],
        };
        Assert.Contains(PlaybookRules.Problems(new Playbook(plays)), p => p.Contains(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("""{"plays": [], "author": "me"}""", "author")]
    [InlineData("""{"plays": [{"id": "a"}]}""", "strategy")]
    [InlineData("""{"plays": []}""", "stage 'prospect' has no play")]
    public void A_playbook_that_cannot_be_used_stops_the_start_with_its_reason(string text, string named)
        => Assert.Contains(named, Assert.Throws<StartException>(() => PlaybookSeed.Check(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"Email\"", "\"email@\"")]
    [InlineData("\"warm\"", "\"wram\"")]
    [InlineData("5.01", "\"5.01\"")]
    public void A_slip_of_the_pen_is_refused(string written, string slip)
        => Assert.Throws<JsonException>(() => PlaybookFile.Parse(PlaybookFile.DefaultText().Replace(written, slip, StringComparison.Ordinal)));
}
