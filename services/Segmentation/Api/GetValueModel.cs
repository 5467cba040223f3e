using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class ValueApi
{
    public override async Task<ValueModel> GetValueModel(GetValueModelRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Require(request.Revision >= 0, "revision", "must be 0 (the latest) or more").Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var found = await store.ListAsync(shop.Id, request.Revision == 0 ? int.MaxValue : request.Revision, 1, context.CancellationToken);
        if (found is [var revision] && (request.Revision == 0 || revision.Number == request.Revision)) return ValueMapping.ToValueModel(shop.Id, revision);
        var latest = await store.ReadNewestAsync(shop.Id, context.CancellationToken);
        throw Errors.Of(
            SegmentationErrorReason.ValueModelNotFound,
            latest == 0 ? $"Shop '{shop.Id}' has no value models yet; FitValueModels makes some, and a worker does on schedule." : $"Shop '{shop.Id}' has no revision {request.Revision} of its value models; the latest is {latest}.",
            ("shop", shop.Id), ("revision", request.Revision.ToString(CultureInfo.InvariantCulture)), ("latest", latest.ToString(CultureInfo.InvariantCulture)));
    }
}
