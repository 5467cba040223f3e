using System.Globalization;
using System.Text.RegularExpressions;

namespace Perennial.CampaignRecommendation.Domain;

/// <summary>What a playbook must be so that every customer gets an answer and every answer can be read.</summary>
internal static partial class PlaybookRules
{
    /// <summary>The stages of the <c>clc</c> model, in its order.</summary>
    public static IReadOnlyList<string> Stages { get; } = ["prospect", "new", "promising", "loyal", "drifting", "sleeper", "at_risk", "red_alert"];

    /// <summary>All that is wrong, each naming its play; empty for a playbook that may be used.</summary>
    public static IReadOnlyList<string> Problems(Playbook playbook) => [
        .. playbook.Plays.GroupBy(p => p.Id).Where(g => g.Count() > 1).Select(g => $"play '{g.Key}' is there {g.Count()} times"),
        .. playbook.Plays.SelectMany(play => Problems(play).Select(problem => $"play '{play.Id}': {problem}")),
        .. Stages.Select(stage => EndProblem(playbook, stage)).OfType<string>(),
    ];

    static IEnumerable<string> Problems(Play play)
    {
        if (!Id().IsMatch(play.Id)) yield return "its id must be words of a-z and 0-9 joined by hyphens";
        if (!Strategy().IsMatch(play.Strategy)) yield return $"strategy '{play.Strategy}' is not one of S1 to S17";
        if (play.Stages.Count == 0) yield return "names no stage";
        foreach (var stage in play.Stages.Except(Stages)) yield return $"there is no stage '{stage}'";
        if (play.Action.Length == 0) yield return "says no action";
        if (play.Owner.Length == 0) yield return "has no owner";
        if (play.Channels.Count == 0) yield return "names no channel";
        foreach (var channel in play.Channels.GroupBy(c => c.Channel).Where(g => g.Count() > 1 || g.Key == Channel.None || !Enum.IsDefined(g.Key))) yield return $"channel {channel.Key} is unknown or there twice";
        foreach (var channel in play.Channels.Where(c => c.Cost < 0)) yield return string.Create(CultureInfo.InvariantCulture, $"the cost {channel.Cost} of channel {channel.Channel} is negative");
        foreach (var problem in ReasonProblems(play).Concat(BoundProblems(play.Conditions))) yield return problem;
    }

    static IEnumerable<string> ReasonProblems(Play play)
    {
        var used = Template.PlaceholdersOf(play.Reason).ToHashSet();
        if (play.Reason.Length == 0) yield return "gives no reason";
        foreach (var unknown in used.Except(Template.Known)) yield return $"there is no placeholder {{{unknown}}}";
        if (play.Reason.Count(c => c is '{' or '}') != 2 * Template.PlaceholdersOf(play.Reason).Count()) yield return "a brace in its reason stands alone";
        // A placeholder is only of use where every customer of the play has the value.
        if (used.Contains("days") && play.Stages.Contains("prospect")) yield return "{days} has no value for prospects";
        if ((used.Contains("next_stage") || used.Contains("next_date")) && play.Conditions.MaxDaysToNextStage is null) yield return "{next_stage} and {next_date} need the condition maxDaysToNextStage";
    }

    static IEnumerable<string> BoundProblems(PlayConditions conditions)
    {
        if (conditions.MinOrderCount > conditions.MaxOrderCount) yield return "minOrderCount is greater than maxOrderCount";
        if (conditions.MinDaysSinceLastOrder > conditions.MaxDaysSinceLastOrder) yield return "minDaysSinceLastOrder is greater than maxDaysSinceLastOrder";
        int?[] days = [conditions.MaxDaysToNextStage, conditions.MaxDaysInStage, conditions.BirthdayWithinDays];
        if (days.Any(d => d < 0)) yield return "a number of days is negative";
    }

    // The last play of a stage takes whoever is left: no condition, and the one channel that always reaches.
    static string? EndProblem(Playbook playbook, string stage) => playbook.Plays.LastOrDefault(p => p.Stages.Contains(stage)) switch
    {
        null => $"stage '{stage}' has no play",
        { } last when last.Conditions != PlayConditions.None => $"play '{last.Id}' is the last one of stage '{stage}' and must have no conditions",
        { } last when last.Channels.All(c => c.Channel != Channel.Service) => $"play '{last.Id}' is the last one of stage '{stage}' and must offer the channel Service, which reaches everybody",
        _ => null,
    };

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex Id();

    [GeneratedRegex(@"\AS([1-9]|1[0-7])\z")]
    private static partial Regex Strategy();
}
