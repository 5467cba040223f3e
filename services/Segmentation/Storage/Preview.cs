using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>The numbers are stored, and are those of the contract.</summary>
internal enum PreviewState
{
    Running = 1,
    Done = 2,
    Failed = 3,
    Cancelled = 4,
}

/// <summary>Why a preview was not made.</summary>
internal enum PreviewRefusal
{
    None,
    /// <summary>There is one of that id that was asked for in other words.</summary>
    Exists,
    TooManyRunning,
}

/// <summary>A model as it is compared, whole: what it was taken from may change.</summary>
/// <param name="Revision">0 for a document that is no revision.</param>
/// <param name="PopulationRevision">0 for figures that are no revision, and where there are none.</param>
internal sealed record PreviewedModel(string Id, int Revision, LifecycleModel Model, int PopulationRevision, Population? Population)
{
    public static PreviewedModel Of(BoundModel model) => new(model.Id, model.Revision, model.Model, model.PopulationRevision, model.Population);

    public BoundModel Bind() => new(Id, Revision, Model, PopulationRevision, Population);
}

/// <summary>What a preview compares.</summary>
/// <param name="Heads">By partition, the position of the last event that was recorded when it was made, as far as was known: it begins once these are applied.</param>
internal sealed record PreviewOrder(PreviewedModel Before, PreviewedModel After, DateTimeOffset From, DateTimeOffset To, bool IncludeAnonymous, IReadOnlyList<long> Heads)
{
    public ModelComparison Compare(Shop shop, DateTimeOffset knownAt) => new(Before.Bind(), After.Bind(), From, To, knownAt, shop.Currency, shop.Zone);
}

/// <summary>A comparison that is, or was, under way.</summary>
/// <param name="Number">What keys call it; ascending.</param>
/// <param name="KnownAt">When it was made: everything is evaluated as it was known then.</param>
/// <param name="Cursor">The last customer gone through, by key.</param>
/// <param name="Done">Customers gone through.</param>
/// <param name="Sums">What they come to; null before the first step.</param>
internal sealed record Preview(int Number, string Shop, string Id, PreviewState State, DateTimeOffset KnownAt, DateTimeOffset? EndTime, long Cursor, long Done, long Total, PreviewOrder Order, ModelComparisonSums? Sums, string Failure);

/// <summary>What a step did.</summary>
/// <param name="State">Of the preview afterwards.</param>
/// <param name="Customers">Customers gone through.</param>
internal sealed record PreviewStep(PreviewState State, int Customers);

/// <summary>A customer who moves, with all that is known of them.</summary>
/// <param name="Key">What lists go on after.</param>
internal sealed record PreviewMover(long Key, string Customer, bool Identified, CustomerRecord Record);
