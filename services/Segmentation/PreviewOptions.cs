using System.ComponentModel.DataAnnotations;

namespace Perennial.Segmentation;

/// <summary>The knobs of previews (section <c>Preview</c>).</summary>
internal sealed class PreviewOptions
{
    /// <summary>Customers evaluated between two commits of a preview's progress: what is interrupted is lost up to so many, and memory holds their records.</summary>
    [Range(1, 100_000)]
    public int StepSize { get; set; } = 4_000;

    /// <summary>Customers who move that are kept by name with a preview; the count of them is exact beyond.</summary>
    [Range(0, 1_000_000)]
    public int MoversMax { get; set; } = 10_000;

    /// <summary>Previews of a shop that may run at once. They are gone through one after the other, so this bounds how long the last one waits.</summary>
    [Range(1, 1_000)]
    public int RunningMax { get; set; } = 10;

    /// <summary>Days that a preview is kept after its end.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 30;

    /// <summary>Longest time until a preview that another replica took in, which stopped since, is gone on with by this one; and the pause after a failure.</summary>
    [Range(1, 3_600)]
    public int LookSeconds { get; set; } = 15;
}
