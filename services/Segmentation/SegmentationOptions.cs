using System.ComponentModel.DataAnnotations;

namespace Perennial.Segmentation;

/// <summary>The knobs of this house (section <c>Segmentation</c>).</summary>
internal sealed class SegmentationOptions
{
    /// <summary>Customers on a page where the caller asks for no size.</summary>
    [Range(1, 1_000)]
    public int PageSize { get; set; } = 100;

    /// <summary>Most customers on a page. Each is answered from its whole history, so this bounds the memory of an answer.</summary>
    [Range(1, 1_000)]
    public int PageSizeMax { get; set; } = 1_000;

    /// <summary>Customers derived in one transaction when a model is activated. The feed waits for it, so this bounds by how much.</summary>
    [Range(1, 10_000)]
    public int DerivationStepSize { get; set; } = 500;

    /// <summary>Longest time until a model that was activated through another replica, which stopped since, is derived by this one.</summary>
    [Range(1, 3_600)]
    public int DerivationLookSeconds { get; set; } = 15;

    /// <summary>Customers whose stage the clock alone changes that are taken in one transaction. Events wait for it, so this bounds by how much.</summary>
    [Range(1, 10_000)]
    public int SweepStepSize { get; set; } = 500;

    /// <summary>Most saved audiences of a shop. Every event of a customer is evaluated for each of them, so this bounds what an event costs.</summary>
    [Range(1, 1_000)]
    public int AudiencesMax { get; set; } = 100;
}
