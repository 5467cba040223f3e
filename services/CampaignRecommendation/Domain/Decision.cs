namespace Perennial.CampaignRecommendation.Domain;

/// <summary>All that a decision rests on. Dates are the shop's.</summary>
/// <param name="StageSince">The day the customer entered the stage.</param>
/// <param name="NextStageDate">The day the stage changes by clock alone, with <paramref name="NextStage"/>; null when it never does.</param>
internal sealed record Inputs(
    string Stage,
    DateOnly StageSince,
    int OrderCount,
    int? DaysSinceLastOrder,
    decimal Value,
    string CurrencyCode,
    double Score,
    bool Warm,
    string? NextStage,
    DateOnly? NextStageDate,
    DateOnly Today,
    Birthday? Birthday,
    IReadOnlyList<ChannelReach> Reach);

/// <summary>A play that fits a customer, and the best of its channels that reaches them.</summary>
internal sealed record Option(Play Play, PlayChannel Channel);

/// <summary>The play to make, over which channel, why, and what else fitted.</summary>
internal sealed record Decision(Play Play, PlayChannel Channel, string Reason, IReadOnlyList<Option> Alternatives)
{
    const int AlternativesMax = 3;

    /// <summary>The first play that fits and reaches. Total for a playbook without <see cref="PlaybookRules.Problems"/> and a stage of the model.</summary>
    public static Decision Choose(Playbook playbook, Inputs inputs)
    {
        var options = playbook.Plays.Select(play => Consider(play, inputs)).OfType<Option>().Take(1 + AlternativesMax).ToList();
        return options is [var chosen, .. var others]
            ? new Decision(chosen.Play, chosen.Channel, Template.Fill(chosen.Play.Reason, inputs), others)
            : throw new ArgumentException($"The playbook has no play for stage '{inputs.Stage}'.", nameof(playbook));
    }

    static Option? Consider(Play play, Inputs inputs)
        => play.Stages.Contains(inputs.Stage) && play.Conditions.Hold(inputs) && play.Channels.FirstOrDefault(c => Reaches(c.Channel, inputs)) is { } channel ? new Option(play, channel) : null;

    static bool Reaches(Channel channel, Inputs inputs) => inputs.Reach.Any(r => r.Channel == channel && r.Reachable);
}
