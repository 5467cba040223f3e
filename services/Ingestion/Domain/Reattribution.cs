namespace Perennial.Ingestion.Domain;

/// <summary>Why everything that a customer had is recorded anew. Numbered as CustomerReset.Reason.</summary>
internal enum ResetReason
{
    Merged = 1,
    Unmerged = 2,
    Erased = 3,
}

/// <summary>A customer whose events are given to whom they belong now, in the order in which this came to be due.</summary>
/// <param name="Number">That of the change behind it.</param>
/// <param name="After">Their events behind this position of their partition are still to come.</param>
/// <param name="Until">Position of their reset, before which all of it lies; 0 while there is none.</param>
internal sealed record Reattribution(long Number, string Shop, CustomerId Customer, ResetReason Reason, long After, long Until);
