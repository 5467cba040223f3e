using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Campaigns.V1;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.CampaignRecommendation.Api;

internal sealed partial class CampaignApi
{
    /// <summary>
    /// Page by page, so that a shop of any size costs the memory of one page; the next is asked for once the caller has taken this one. The
    /// instant and the playbook are those of the start.
    /// </summary>
    public override async Task StreamNextActions(StreamNextActionsRequest request, IServerStreamWriter<NextAction> responseStream, ServerCallContext context)
    {
        Validation.Check(request);
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        var list = new ListCustomersRequest { Shop = request.Shop, Stage = request.Stage, AsOf = asOf.ToTimestamp(), IncludeAnonymous = request.IncludeAnonymous, PageSize = options.Value.PageSize };
        var page = await upstream.ListAsync(list, context);
        var setting = await SettingAsync(request.Shop, asOf, context.CancellationToken);
        while (true)
        {
            await SendAsync(setting, page.Customers, responseStream, context);
            if (page.NextPageToken.Length == 0) return;
            list.PageToken = page.NextPageToken;
            page = await upstream.ListAsync(list, context);
        }
    }

    async Task SendAsync(Setting setting, RepeatedField<CustomerLifecycle> customers, IServerStreamWriter<NextAction> responseStream, ServerCallContext context)
    {
        if (customers.Count == 0) return;
        var ids = customers.Select(c => c.Customer).ToList();
        var engagement = await upstream.EngagementAsync(setting.Shop.Shop, ids, setting.AsOf.ToTimestamp(), context);
        var facts = await store.ReadFactsAsync(setting.Shop.Shop, ids, context.CancellationToken);
        foreach (var (customer, engaged) in customers.Zip(engagement))
            await responseStream.WriteAsync(Recommend(setting, customer, engaged, facts[customer.Customer]), context.CancellationToken);
    }
}
