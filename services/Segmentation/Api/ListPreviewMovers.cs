using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<ListPreviewMoversResponse> ListPreviewMovers(ListPreviewMoversRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Preview(request.Preview).Name(request.BeforeStage, "before_stage").Name(request.AfterStage, "after_stage").PageSize(request.PageSize).Throw();
        string[] arguments = [request.Shop, request.Preview, request.BeforeStage, request.AfterStage];
        var size = Pages.Size(request.PageSize, Math.Min(options.Value.PageSize, options.Value.PageSizeMax), options.Value.PageSizeMax);
        var after = Pages.Cursor(request.PageToken, arguments) is { } cursor ? long.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var preview = await PreviewAsync(shop, request.Preview, context.CancellationToken);
        if (preview.State != PreviewState.Done) throw NotDone(preview);
        var comparison = preview.Order.Compare(shop, preview.KnownAt);
        CheckStage(comparison.Before, request.BeforeStage);
        CheckStage(comparison.After, request.AfterStage);
        var move = new Move(Place(comparison.Before, request.BeforeStage), Place(comparison.After, request.AfterStage));
        // One more than asked tells whether there is another page.
        var movers = await store.ListMoversAsync(preview, move, after, comparison.Sources, size + 1, context.CancellationToken);
        var response = new ListPreviewMoversResponse { Movers = { movers.Take(size).Select(m => PreviewMapping.ToMover(shop, comparison, m)).OfType<V1.PreviewMover>() } };
        if (movers.Count > size) response.NextPageToken = Pages.Token(movers[size - 1].Key.ToString(CultureInfo.InvariantCulture), arguments);
        return response;
    }

    /// <summary>-1 for every stage.</summary>
    static int Place(BoundModel model, string stage) => stage.Length == 0 ? -1 : model.OrdinalOf(model.Model.Stages.First(s => s.Id == stage));

    static RpcException NotDone(Preview preview)
    {
        var state = preview.State.ToString().ToUpperInvariant();
        var remedy = preview.State == PreviewState.Running ? $"{preview.Done} of {preview.Total} customers are gone through; wait until it is DONE" : "make another one";
        return Errors.Of(SegmentationErrorReason.PreviewNotDone, $"Preview '{preview.Id}' is {state} and has no result: {remedy}.", ("preview", preview.Id), ("state", state));
    }
}
