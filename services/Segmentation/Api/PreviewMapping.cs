using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

/// <summary>Previews as answers.</summary>
internal static class PreviewMapping
{
    /// <summary>Without the result.</summary>
    public static ModelPreview ToProto(Shop shop, Preview preview) => new()
    {
        Shop = shop.Id,
        Preview = preview.Id,
        State = (ModelPreview.Types.State)preview.State,
        CreateTime = preview.KnownAt.ToTimestamp(),
        EndTime = preview.EndTime?.ToTimestamp(),
        CustomersDone = preview.Done,
        CustomersTotal = preview.Total,
        Before = ToProto(shop, preview, preview.Order.Before),
        After = ToProto(shop, preview, preview.Order.After),
        AsOfFrom = preview.Order.From.ToTimestamp(),
        AsOfTo = preview.Order.To.ToTimestamp(),
        IncludeAnonymous = preview.Order.IncludeAnonymous,
        Failure = preview.Failure,
    };

    static V1.PreviewedModel ToProto(Shop shop, Preview preview, Storage.PreviewedModel model) => new()
    {
        Model = model.Id,
        ModelRevision = model.Revision,
        PopulationRevision = model.PopulationRevision,
        Document = ModelMapping.ToProto(model.Model),
        Population = model is { PopulationRevision: 0, Population: { } figures } ? ModelMapping.ToProto(shop, new PopulationState(0, 0, figures, preview.KnownAt)) : null,
    };

    /// <summary>As lists show it: without documents and result.</summary>
    public static ModelPreview ToHeading(Shop shop, Preview preview)
    {
        var heading = ToProto(shop, preview);
        (heading.Before.Document, heading.After.Document) = (null, null);
        return heading;
    }

    public static PreviewResult ToResult(Shop shop, ModelComparison comparison, ModelComparisonSums sums, long listed)
    {
        var (before, after) = (comparison.Before.Model, comparison.After.Model);
        return new PreviewResult
        {
            CustomerCount = sums.Customers,
            Points =
            {
                comparison.Instants.Select((instant, i) => new PreviewPoint
                {
                    AsOf = instant.ToTimestamp(),
                    Before = { ToCounts(shop, before, sums.Before, i) },
                    After = { ToCounts(shop, after, sums.After, i) },
                }),
            },
            Flows = { Cells(sums.Flows).Select(c => new PreviewFlow { BeforeStage = before.Stages[c.Row].Id, AfterStage = after.Stages[c.Column].Id, CustomerCount = c.Count }) },
            BeforeTransitions = { ToTransitions(before, sums.Before) },
            AfterTransitions = { ToTransitions(after, sums.After) },
            MoverCount = sums.Movers,
            ListedMoverCount = listed,
        };
    }

    static IEnumerable<StageCount> ToCounts(Shop shop, LifecycleModel model, StageSums sums, int instant)
        => model.Stages.Select((stage, s) => new StageCount { Stage = stage.Id, CustomerCount = sums.Customers[instant][s], Value = sums.Values[instant][s].ToMoney(shop.Currency) });

    static IEnumerable<PreviewTransition> ToTransitions(LifecycleModel model, StageSums sums)
        => Cells(sums.Transitions).Select(c => new PreviewTransition { FromStage = Id(model, c.Row), ToStage = Id(model, c.Column), TransitionCount = c.Count });

    /// <summary>Empty for none, which comes behind the last stage.</summary>
    static string Id(LifecycleModel model, int place) => place == model.Stages.Count ? "" : model.Stages[place].Id;

    static IEnumerable<(int Row, int Column, long Count)> Cells(long[][] table)
        => from row in table.Index() from cell in row.Item.Index() where cell.Item != 0 select (row.Index, cell.Index, cell.Item);

    /// <summary>Null where nothing was known of the customer, as where somebody else came in place of one who was erased.</summary>
    public static V1.PreviewMover? ToMover(Shop shop, ModelComparison comparison, Storage.PreviewMover mover)
    {
        if (comparison.HistoryOf(mover.Record) is not { } history) return null;
        var asOf = comparison.Instants[^1];
        if (Lifecycle.At(history, comparison.Before, shop.Zone, asOf) is not { } before || Lifecycle.At(history, comparison.After, shop.Zone, asOf) is not { } after) return null;
        return new V1.PreviewMover
        {
            Customer = mover.Customer,
            Identified = mover.Identified,
            BeforeStage = before.Stage.Id,
            BeforeWhy = Mapping.ToReason(before, comparison.Before),
            AfterStage = after.Stage.Id,
            AfterWhy = Mapping.ToReason(after, comparison.After),
        };
    }
}
