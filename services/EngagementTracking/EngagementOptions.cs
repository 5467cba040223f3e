using System.ComponentModel.DataAnnotations;
using Perennial.EngagementTracking.Domain;

namespace Perennial.EngagementTracking;

/// <summary>How engagement is scored (section <c>Engagement</c>). A change takes effect at once: scores are never stored.</summary>
internal sealed class EngagementOptions
{
    /// <summary>Days after which a touch counts half. 30: about one buying rhythm of the <c>clc</c> model's stage "new".</summary>
    [Range(1, 3650)]
    public int HalfLifeDays { get; set; } = 30;

    /// <summary>A customer is warm from this score on. 1: one order stays warm for one half-life.</summary>
    [Range(0.000_001, 1_000_000)]
    public double WarmScoreMin { get; set; } = 1.0;

    /// <summary>Little, because mail programs open messages on their own (Apple's since 2021): ten opens make a customer warm.</summary>
    [Range(0, 1_000)]
    public double OpenWeight { get; set; } = 0.1;

    /// <summary>A click is a person's own decision: one makes a customer warm for the day.</summary>
    [Range(0, 1_000)]
    public double ClickWeight { get; set; } = 1.0;

    /// <summary>One visit is several page views: four make a customer warm for the day.</summary>
    [Range(0, 1_000)]
    public double VisitWeight { get; set; } = 0.25;

    /// <summary>Orders, carts, reviews and the like are worth twice what warmth needs: warm for one half-life.</summary>
    [Range(0, 1_000)]
    public double ActionWeight { get; set; } = 2.0;

    // What the shop sends, and what comes back, says nothing about the customer's interest: no weight.
    internal ScoreRules ScoreRules => new(HalfLifeDays, WarmScoreMin, OpenWeight, ClickWeight, VisitWeight, ActionWeight);
}
