namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>Where a value comes from.</summary>
internal enum FieldSource
{
    Stage,
    Feature,
    Overlay,
    FirstSeenTime,
    FirstOrderTime,
    LastOrderTime,
    Identified,
    HistoricClv,
    PredictedClv,
    PredictedNumberOfOrders,
    ChurnProbability,
    Trait,
}

internal enum FieldType
{
    /// <summary>One of a few words.</summary>
    Id,
    Number,
    Whole,
    Flag,
    Instant,
    /// <summary>Text, number or flag, from customer to customer.</summary>
    Any,
}

/// <summary>Something that audiences may ask of a customer.</summary>
/// <param name="Name">As filters write it, for example "stages.clc", "order_count" or "traits.plan".</param>
/// <param name="Axis">Of <see cref="FieldSource.Feature"/>.</param>
/// <param name="Overlay">Of <see cref="FieldSource.Overlay"/>.</param>
/// <param name="Key">Of a stage the model, of a trait its name.</param>
internal sealed record AudienceField(string Name, FieldSource Source, FieldType Type, Axis Axis = default, OverlayKind Overlay = default, string Key = "")
{
    /// <summary>The clock alone changes it.</summary>
    public bool Ages => Source switch
    {
        FieldSource.Stage => true,
        FieldSource.Feature => Axis.Traits.Ages,
        FieldSource.Overlay => Overlay is OverlayKind.Warm or OverlayKind.Cold or OverlayKind.NewCustomer or OverlayKind.Returning,
        _ => IsPredicted,
    };

    /// <summary>By a fit of the shop's value models.</summary>
    public bool IsPredicted => Source is FieldSource.PredictedClv or FieldSource.PredictedNumberOfOrders or FieldSource.ChurnProbability;
}
