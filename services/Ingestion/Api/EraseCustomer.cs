using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Privacy;
using Perennial.Ingestion.V1;
using Erasure = Perennial.Ingestion.V1.Erasure;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<Erasure> EraseCustomer(EraseCustomerRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = CheckId(violations, request.Customer, "customer");
        CheckWhoAndWhy(violations, request.Actor, request.Reason);
        violations.Throw();
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        var order = new ErasureOrder(Guid.NewGuid().ToString("N"), request.Shop, id, request.Actor, request.Reason, $"erased:{Guid.NewGuid():N}", clock.GetUtcNow().WholeMillis());
        if (!await IsKnownAsync(order, context.CancellationToken)) throw CustomerNotFound(id.Text);
        var erasure = await erasures.BeginAsync(order, context.CancellationToken) ?? throw CustomerNotFound(id.Text);
        await DueAsync(erasure.Number, context.CancellationToken);
        return Mapping.ToProto((await erasures.FindAsync(request.Shop, erasure.Id, context.CancellationToken))!);
    }

    /// <summary>Whether there is anything of them: events, ids, events in quarantine, or an erasure.</summary>
    async Task<bool> IsKnownAsync(ErasureOrder order, CancellationToken cancellation)
        => await identities.FindAsync(order.Shop, order.Customer, cancellation) is not null
            || await identities.IsRefusedAsync(order.Shop, order.Customer, cancellation)
            || (await quarantine.NamingAsync(order.Shop, [order.Customer], cancellation)).Count > 0;
}
