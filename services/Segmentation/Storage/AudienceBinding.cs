namespace Perennial.Segmentation.Storage;

/// <summary>What a derivation of an audience rests on: where any of it changes, the audience is derived anew. What the filter does not ask for is left out.</summary>
/// <param name="TimeZone">In which days are counted.</param>
/// <param name="Population">Revision; 0 where it is not asked.</param>
/// <param name="Overlays">Revision of their settings, 0 for the product's own; null where they are not asked.</param>
/// <param name="TopSpend">Where the top per cent of an audience of VIPs begin.</param>
/// <param name="Models">Those that are asked, in the order of their ids.</param>
/// <param name="Value">Null where nothing that is predicted is asked, or nothing was fitted yet.</param>
internal sealed record AudienceBinding(string Filter, string TimeZone, int Population, int? Overlays, decimal? TopSpend, IReadOnlyList<BoundRevision> Models, BoundValue? Value = null);

/// <summary>A fit of the value models as an audience asks it.</summary>
/// <param name="Discount">Per year; null, as the margin is, where no money is asked.</param>
internal sealed record BoundValue(int Revision, double? Discount, double? Margin);

/// <summary>A model as an audience asks it.</summary>
internal sealed record BoundRevision(string Model, int Revision, int Population);
