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
}
