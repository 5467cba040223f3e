using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<Model> CreateModel(CreateModelRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Model(request.Model).Document(request.Document).Throw();
        var model = ModelMapping.ToDomain(request.Document);
        ModelRules.CheckPartition(model);
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        return Answer(shop, request.Model, 0, await store.CreateModelAsync(shop.Id, request.Model, model, request.ValidateOnly, Now(), context.CancellationToken));
    }
}
