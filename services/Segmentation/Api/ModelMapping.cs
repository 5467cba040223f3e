using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Feature = Perennial.Segmentation.Domain.Feature;
using Population = Perennial.Segmentation.V1.Population;

namespace Perennial.Segmentation.Api;

/// <summary>Models and populations, both ways. What comes in was checked by <see cref="ModelRules"/>.</summary>
internal static class ModelMapping
{
    public static LifecycleModel ToDomain(ModelDocument document)
        => new(document.Title, document.Description, document.Source, [.. document.Stages.Select(ToDomain)]);

    static Stage ToDomain(ModelStage stage)
        => new(stage.Stage, stage.Title, stage.Meaning, stage.SourceText, [.. stage.Rules.Select(r => new Rule([.. r.Conditions.Select(ToDomain)]))], stage.Otherwise, (Domain.StageRole)stage.Role);

    public static Domain.Condition ToDomain(FeatureCondition condition) => new(
        ToAxis(condition),
        condition.LowerCase switch
        {
            FeatureCondition.LowerOneofCase.AtLeast => new Limit((decimal)condition.AtLeast),
            FeatureCondition.LowerOneofCase.Above => new Limit((decimal)condition.Above, IsOpen: true),
            _ => null,
        },
        condition.UpperCase switch
        {
            FeatureCondition.UpperOneofCase.AtMost => new Limit((decimal)condition.AtMost),
            FeatureCondition.UpperOneofCase.Below => new Limit((decimal)condition.Below, IsOpen: true),
            _ => null,
        },
        condition.Absent);

    // Both enums number the same features the same way, which a test holds.
    public static Axis ToAxis(FeatureCondition condition) => new((Feature)condition.Feature, condition.WindowDays);

    public static Model ToProto(string shop, ModelState state) => new()
    {
        Shop = shop,
        Model_ = state.Id,
        Revision = state.Revision,
        LatestRevision = state.LatestRevision,
        Document = ToProto(state.Model),
        CreateTime = state.CreateTime?.ToTimestamp(),
        BuiltIn = state.IsBuiltIn,
        Etag = state.Etag,
        Active = ToProto(state.Active),
        Deriving = ToProto(state.Deriving),
    };

    static ModelUse? ToProto(Derivation? derivation) => derivation is null ? null : new ModelUse
    {
        ModelRevision = derivation.Model.Revision,
        PopulationRevision = derivation.Model.PopulationRevision,
        ActivateTime = derivation.StartTime.ToTimestamp(),
        CustomerCount = derivation.CustomerCount,
    };

    public static ModelDocument ToProto(LifecycleModel model)
        => new() { Title = model.Title, Description = model.Description, Source = model.Source, Stages = { model.Stages.Select(ToProto) } };

    static ModelStage ToProto(Stage stage) => new()
    {
        Stage = stage.Id,
        Title = stage.Title,
        Meaning = stage.Meaning,
        SourceText = stage.SourceText,
        Otherwise = stage.Otherwise,
        Role = (V1.StageRole)stage.Role,
        Rules = { stage.Rules.Select(r => new ModelRule { Conditions = { r.Conditions.Select(ToProto) } }) },
    };

    static FeatureCondition ToProto(Domain.Condition condition)
    {
        var proto = new FeatureCondition { Feature = (V1.Feature)condition.Axis.Feature, WindowDays = condition.Axis.WindowDays, Absent = condition.Absent };
        if (condition.Lower is { } lower)
        {
            if (lower.IsOpen) proto.Above = (double)lower.Value;
            else proto.AtLeast = (double)lower.Value;
        }
        if (condition.Upper is { } upper)
        {
            if (upper.IsOpen) proto.Below = (double)upper.Value;
            else proto.AtMost = (double)upper.Value;
        }
        return proto;
    }

    public static Domain.Population ToDomain(Population population) => new(
        population.AverageSpend?.ToDecimal(),
        population.LapseDays == 0 ? null : population.LapseDays,
        population.RecencyCuts.Count == 0 ? null : new RfmCuts(Cuts(population.RecencyCuts), Cuts(population.FrequencyCuts), Cuts(population.MonetaryCuts)),
        population.Note);

    static decimal[] Cuts(IEnumerable<double> cuts) => [.. cuts.Select(c => (decimal)c)];

    public static Population ToProto(Shop shop, PopulationState state) => new()
    {
        Shop = shop.Id,
        Revision = state.Revision,
        CreateTime = state.CreateTime.ToTimestamp(),
        AverageSpend = state.Population.AverageSpend?.ToMoney(shop.Currency),
        LapseDays = state.Population.LapseDays ?? 0,
        RecencyCuts = { Doubles(state.Population.Cuts?.Recency) },
        FrequencyCuts = { Doubles(state.Population.Cuts?.Frequency) },
        MonetaryCuts = { Doubles(state.Population.Cuts?.Monetary) },
        Note = state.Population.Note,
        LearnTime = state.Population.LearnTime?.ToTimestamp(),
    };

    static IEnumerable<double> Doubles(IReadOnlyList<decimal>? cuts) => cuts?.Select(c => (double)c) ?? [];
}
