using System.Globalization;

namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>All that audiences may ask for. Traits and windows of orders are too many to list.</summary>
internal static class AudienceFields
{
    /// <summary>Under which a customer's traits stand.</summary>
    public const string Traits = "traits";

    const string WindowPrefix = "orders_within_", WindowSuffix = "_days";
    const int WindowDaysMax = 3_650;

    /// <summary>Of every customer, whichever models are active.</summary>
    public static IReadOnlyList<AudienceField> Common { get; } =
    [
        .. Enum.GetValues<Feature>().Where(f => f != Feature.OrdersWithin).Select(f => OfFeature(new Axis(f))),
        new("first_seen_time", FieldSource.FirstSeenTime, FieldType.Instant),
        new("first_order_time", FieldSource.FirstOrderTime, FieldType.Instant),
        new("last_order_time", FieldSource.LastOrderTime, FieldType.Instant),
        new("identified", FieldSource.Identified, FieldType.Flag),
        .. Overlays.Kinds.Select(o => new AudienceField(Overlays.Name(o), FieldSource.Overlay, FieldType.Flag, Overlay: o)),
        new("historic_clv", FieldSource.HistoricClv, FieldType.Number),
        new("predicted_clv", FieldSource.PredictedClv, FieldType.Number),
        new("predicted_number_of_orders", FieldSource.PredictedNumberOfOrders, FieldType.Number),
        new("churn_probability", FieldSource.ChurnProbability, FieldType.Number),
    ];

    /// <summary>"stages.{model}", and "stage" for the model of callers that name none.</summary>
    public static IEnumerable<AudienceField> OfModel(string model)
    {
        if (model == BuiltInModels.Default) yield return new("stage", FieldSource.Stage, FieldType.Id, Key: model);
        yield return new("stages." + model, FieldSource.Stage, FieldType.Id, Key: model);
    }

    public static AudienceField OfTrait(string name) => new($"{Traits}.{name}", FieldSource.Trait, FieldType.Any, Key: name);

    /// <summary>For example "orders_within_30_days". Null where the name is none of these.</summary>
    public static AudienceField? OfWindow(string name)
    {
        if (!name.StartsWith(WindowPrefix, StringComparison.Ordinal) || !name.EndsWith(WindowSuffix, StringComparison.Ordinal) || name.Length <= WindowPrefix.Length + WindowSuffix.Length) return null;
        if (!int.TryParse(name.AsSpan(WindowPrefix.Length..^WindowSuffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var days) || days is < 1 or > WindowDaysMax) return null;
        return OfFeature(new Axis(Feature.OrdersWithin, days)) is var field && field.Name == name ? field : null;
    }

    static AudienceField OfFeature(Axis axis) => new(axis.Name, FieldSource.Feature, axis.Traits.IsWhole ? FieldType.Whole : FieldType.Number, axis);
}
