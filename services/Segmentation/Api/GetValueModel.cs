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
        var latest = await store.ReadNewestAsync(shop.Id, context.CancellationToken);
        var number = request.Revision == 0 ? latest : request.Revision;
        if (await store.ListAsync(shop.Id, number, 1, context.CancellationToken) is [var revision] && revision.Number == number) return ValueMapping.ToValueModel(shop.Id, revision);
        throw Errors.Of(
            SegmentationErrorReason.ValueModelNotFound,
            latest == 0 ? $"Shop '{shop.Id}' has no value models yet; FitValueModels makes some, and a worker does on schedule." : $"Shop '{shop.Id}' has no revision {request.Revision} of its value models; the latest is {latest}.",
            ("shop", shop.Id), ("revision", request.Revision.ToString(CultureInfo.InvariantCulture)), ("latest", latest.ToString(CultureInfo.InvariantCulture)));
    }
}
