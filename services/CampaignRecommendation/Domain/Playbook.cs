namespace Perennial.CampaignRecommendation.Domain;

/// <summary>The plays of a shop, in order of precedence.</summary>
internal sealed record Playbook(IReadOnlyList<Play> Plays);

/// <summary>One rule: for whom, what, over which channels, why.</summary>
/// <param name="Id">Unique in the playbook.</param>
/// <param name="Strategy">S1 to S17.</param>
/// <param name="Channels">Best first; the first that reaches the customer is taken.</param>
/// <param name="Reason">Text with placeholders, see <see cref="Template"/>.</param>
/// <param name="Owner">Who in the shop owns it.</param>
internal sealed record Play(string Id, string Strategy, IReadOnlyList<string> Stages, PlayConditions Conditions, string Action, IReadOnlyList<PlayChannel> Channels, string Reason, string Owner);

/// <summary>What one contact costs over a channel, discount or gift included, in the shop's currency.</summary>
internal sealed record PlayChannel(Channel Channel, decimal Cost);

/// <summary>Further conditions; every one must hold, an absent one always does.</summary>
internal sealed record PlayConditions
{
    public bool? Warm { get; init; }
    public int? MinOrderCount { get; init; }
    public int? MaxOrderCount { get; init; }
    public int? MinDaysSinceLastOrder { get; init; }
    public int? MaxDaysSinceLastOrder { get; init; }
    public decimal? MinValue { get; init; }
    public int? MaxDaysToNextStage { get; init; }
    public int? MaxDaysInStage { get; init; }
    public int? BirthdayWithinDays { get; init; }

    public static PlayConditions None { get; } = new();

    /// <summary>A condition on something the customer does not have, such as a last order, does not hold.</summary>
    public bool Hold(Inputs inputs)
        => (Warm is null || Warm == inputs.Warm)
        && inputs.OrderCount >= (MinOrderCount ?? int.MinValue)
        && inputs.OrderCount <= (MaxOrderCount ?? int.MaxValue)
        && (MinDaysSinceLastOrder is null || inputs.DaysSinceLastOrder >= MinDaysSinceLastOrder)
        && (MaxDaysSinceLastOrder is null || inputs.DaysSinceLastOrder <= MaxDaysSinceLastOrder)
        && (MinValue is null || inputs.Value >= MinValue)
        && (MaxDaysToNextStage is null || inputs.NextStageDate?.DayNumber - inputs.Today.DayNumber <= MaxDaysToNextStage)
        && (MaxDaysInStage is null || inputs.Today.DayNumber - inputs.StageSince.DayNumber <= MaxDaysInStage)
        && (BirthdayWithinDays is null || inputs.Birthday?.DaysFrom(inputs.Today) <= BirthdayWithinDays);
}
