using System.Globalization;
using System.Text.RegularExpressions;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.V1;
using Feature = Perennial.Segmentation.Domain.Feature;
using Population = Perennial.Segmentation.V1.Population;

namespace Perennial.Segmentation.Api;

/// <summary>What documents must look like. Whether the stages of one are a partition is <see cref="ModelCheck"/>'s to say.</summary>
internal static partial class ModelRules
{
    const int TitleLengthMax = 200, TextLengthMax = 2_000, StagesMax = 50, RulesMax = 500, ConditionsMax = 20, DaysMax = 3_650;
    const double LimitMax = 1e12;
    const int Decimals = 4;

    /// <summary>The id of a model that is to be there; which ones there are, the store knows.</summary>
    public static Violations Model(this Violations violations, string id)
        => violations.Require(IsId(id), "model", "must have 1 to 50 characters a-z, 0-9 and hyphens, starting with a letter");

    public static bool IsId(string id) => ModelId().IsMatch(id);

    /// <summary>The number of a revision, or 0.</summary>
    public static Violations Revision(this Violations violations, int revision, string field = "revision") => violations.Require(revision >= 0, field, "must be 0 or more");

    public static Violations Document(this Violations violations, ModelDocument? document)
    {
        if (document is null) return violations.Add("document", "is required");
        violations.Text(document.Title, "document.title", 0, TitleLengthMax)
            .Text(document.Description, "document.description", 0, TextLengthMax)
            .Text(document.Source, "document.source", 0, TextLengthMax)
            .Require(document.Stages.Count is > 0 and <= StagesMax, "document.stages", $"must be 1 to {StagesMax}")
            .Require(document.Stages.Sum(s => s.Rules.Count) <= RulesMax, "document.stages", $"must have at most {RulesMax} rules together")
            .Require(document.Stages.Count(s => s.Otherwise) <= 1, "document.stages", "at most one stage may take the others")
            .Require(document.Stages.Select(s => s.Stage).Distinct(StringComparer.Ordinal).Count() == document.Stages.Count, "document.stages", "must have ids of their own");
        foreach (var (i, stage) in document.Stages.Index()) violations.Stage(stage, Field("document.stages", i));
        return violations;
    }

    static void Stage(this Violations violations, ModelStage stage, string field)
    {
        violations.Require(StageId().IsMatch(stage.Stage), field + ".stage", "must have 1 to 63 characters a-z, 0-9 and underscores, starting with a letter")
            .Text(stage.Title, field + ".title", 0, TitleLengthMax)
            .Text(stage.Meaning, field + ".meaning", 0, TextLengthMax)
            .Text(stage.SourceText, field + ".source_text", 0, TextLengthMax)
            .Require(Enum.IsDefined(stage.Role), field + ".role", "must be one of those that the contract names")
            .Require(stage.Otherwise || stage.Rules.Count > 0, field + ".rules", "is required, unless the stage takes the others")
            .Require(!stage.Otherwise || stage.Rules.Count == 0, field + ".rules", "must be empty where the stage takes the others");
        foreach (var (i, rule) in stage.Rules.Index())
        {
            var own = Field(field + ".rules", i);
            violations.Require(rule.Conditions.Count is > 0 and <= ConditionsMax, own + ".conditions", $"must be 1 to {ConditionsMax}")
                .Require(rule.Conditions.Select(ModelMapping.ToAxis).Distinct().Count() == rule.Conditions.Count, own + ".conditions", "must be of one feature each");
            foreach (var (k, condition) in rule.Conditions.Index()) violations.Condition(condition, Field(own + ".conditions", k));
        }
    }

    static void Condition(this Violations violations, FeatureCondition condition, string field)
    {
        var feature = (Feature)condition.Feature;
        if (!Enum.IsDefined(feature))
        {
            violations.Add(field + ".feature", "must be one of those that the contract names");
            return;
        }
        violations.Require(feature == Feature.OrdersWithin ? condition.WindowDays is > 0 and <= DaysMax : condition.WindowDays == 0, field + ".window_days", feature == Feature.OrdersWithin ? $"must be 1 to {DaysMax}" : "is for orders within a window only")
            .Require(!condition.Absent || FeatureTraits.Of(feature).Presence != Presence.Always, field + ".absent", "every customer has a value of this feature");
        double[] limits = [condition.AtLeast, condition.Above, condition.AtMost, condition.Below];
        if (!limits.All(IsLimit)) violations.Add(field, "bounds must have at most four decimals and lie within 1,000,000,000,000 either way");
        else violations.Require(ModelMapping.ToDomain(condition).Bounds is not { Min: { } min, Max: { } max } || min <= max, field, "no value lies between the bounds");
    }

    static bool IsLimit(double value) => Math.Abs(value) <= LimitMax && decimal.Round((decimal)value, Decimals) == (decimal)value;

    public static Violations Population(this Violations violations, Population? population, string shopCurrency)
    {
        if (population is null) return violations.Add("population", "is required");
        var average = population.AverageSpend;
        if (average is not null)
        {
            violations.Require(average.Nanos is >= 0 and < 1_000_000_000 && average.Units is >= 0 and <= (long)LimitMax && average.ToDecimal() is var amount && amount > 0 && decimal.Round(amount, Decimals) == amount, "population.average_spend", "must be above 0, with at most four decimals")
                .Require(average.CurrencyCode.Length == 0 || average.CurrencyCode == shopCurrency, "population.average_spend", $"must be in the shop's currency, {shopCurrency}");
        }
        violations.Require(population.LapseDays is >= 0 and <= DaysMax, "population.lapse_days", $"must be 1 to {DaysMax}, or 0 where it is not set")
            .Text(population.Note, "population.note", 0, TextLengthMax);
        IReadOnlyList<double>[] cuts = [population.RecencyCuts, population.FrequencyCuts, population.MonetaryCuts];
        string[] fields = ["recency_cuts", "frequency_cuts", "monetary_cuts"];
        var isSet = cuts.Any(c => c.Count > 0);
        foreach (var (points, field) in cuts.Zip(fields))
            violations.Require(!isSet || AreCuts(points), "population." + field, "must be four numbers from 0 on, ascending, with at most four decimals; all three lists or none");
        return violations;
    }

    static bool AreCuts(IReadOnlyList<double> points) => points.Count == RfmCuts.PerScore && points.All(p => p >= 0 && IsLimit(p)) && points.SequenceEqual(points.Order());

    /// <summary>Refuses a document of which some customer would be in no stage, or in two, or a rule is for nobody.</summary>
    /// <exception cref="Grpc.Core.RpcException">MODEL_GAP, MODEL_OVERLAP, MODEL_TOO_FINE or INVALID_ARGUMENT.</exception>
    public static void CheckPartition(LifecycleModel model)
    {
        var flaws = ModelCheck.Of(model);
        if (flaws is not [var first, ..]) return;
        var alike = flaws.Where(f => f.Kind == first.Kind).ToList();
        throw first.Kind switch
        {
            FlawKind.Gap => Errors.Of(SegmentationErrorReason.ModelGap, $"No stage takes a customer with {string.Join("; nor one with ", alike.Select(f => Words.Of(f.Example)))}. Widen a rule, or mark a stage otherwise.", ("example", Text(first))),
            FlawKind.Overlap => Errors.Of(SegmentationErrorReason.ModelOverlap, $"Two stages take one customer: {string.Join("; ", alike.Select(f => $"{f.Stages[0]} and {f.Stages[1]} one with {Words.Of(f.Example)}"))}. Narrow a rule.", ("example", Text(first)), ("stages", string.Join(',', first.Stages))),
            FlawKind.TooFine => Errors.Of(SegmentationErrorReason.ModelTooFine, $"The bounds cut the features into {first.Cells} cells, of which {ModelCheck.CellsMax} can be checked; use fewer bounds.", ("cells", first.Cells.ToString(CultureInfo.InvariantCulture)), ("cells_max", ModelCheck.CellsMax.ToString(CultureInfo.InvariantCulture))),
            _ => Errors.Invalid([.. alike.Select(f => (Field(Field("document.stages", model.Stages.Index().First(s => s.Item.Id == f.Stages[0]).Index) + ".rules", f.Rule), "takes no customer that can be"))]),
        };
    }

    /// <summary>For example "order_count=2,days_since_last_order=none".</summary>
    static string Text(Flaw flaw) => string.Join(',', flaw.Example.Select(v => $"{v.Axis.Name}={(v.Value is { } steps ? v.Axis.Traits.Value(steps).ToString(CultureInfo.InvariantCulture) : "none")}"));

    static string Field(string list, int index) => string.Create(CultureInfo.InvariantCulture, $"{list}[{index}]");

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,49}\z")]
    private static partial Regex ModelId();

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,62}\z")]
    private static partial Regex StageId();
}
