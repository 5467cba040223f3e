using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Ingestion.V1;
using IdentityChange = Perennial.Ingestion.V1.IdentityChange;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    const int ActorLengthMax = 200;
    const int ReasonLengthMax = 500;

    public override async Task<IdentityChange> MergeCustomers(MergeCustomersRequest request, ServerCallContext context)
    {
        var order = Check(request);
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        await RequireIdentityAsync(request.Shop, order.From, context.CancellationToken);
        await RequireIdentityAsync(request.Shop, order.To, context.CancellationToken);
        var (change, fault) = await identities.MergeAsync(order, context.CancellationToken);
        return change is null ? throw Refusal(fault, order) : await SettledAsync(change, context.CancellationToken);
    }

    MergeOrder Check(MergeCustomersRequest request)
    {
        var violations = new Violations();
        var (from, to) = (CheckId(violations, request.FromCustomer, "from_customer"), CheckId(violations, request.ToCustomer, "to_customer"));
        CheckWhoAndWhy(violations, request.Actor, request.Reason);
        var hasRequestId = Guid.TryParse(request.RequestId, out var requestId);
        violations.Require(hasRequestId || request.RequestId.Length == 0, "request_id", "must be a UUID, or empty").Throw();
        return new MergeOrder(request.Shop, from, to, request.Actor, request.Reason, hasRequestId ? requestId.ToString() : null, clock.GetUtcNow().WholeMillis());
    }

    static void CheckWhoAndWhy(Violations violations, string actor, string reason) => violations
        .Text(actor, "actor", 1, ActorLengthMax)
        .Text(reason, "reason", 1, ReasonLengthMax);

    static RpcException Refusal(MergeFault fault, MergeOrder order) => fault switch
    {
        MergeFault.Erased => CustomerNotFound(order.From.Text),
        MergeFault.SameCustomer => Errors.Of(IngestionErrorReason.MergeRefused, $"'{order.From.Text}' and '{order.To.Text}' are one customer already.", ("shop", order.Shop)),
        _ => Errors.Of(IngestionErrorReason.MergeRefused, $"A customer is called by the strongest of their ids, so '{order.From.Text}' cannot become part of '{order.To.Text}'; swap from_customer and to_customer.", ("shop", order.Shop)),
    };

    /// <summary>The change once the history has moved. Whoever stops waiting may call again: the moving goes on.</summary>
    async Task<IdentityChange> SettledAsync(Domain.IdentityChange change, CancellationToken cancellation)
    {
        await DueAsync(change.Number, cancellation);
        return Mapping.ToProto(await identities.ChangeAsync(change.Shop, change.Number, cancellation));
    }

    /// <summary>Waits until it was its turn, and is done.</summary>
    async Task DueAsync(long number, CancellationToken cancellation)
    {
        for (var settled = identities.Settled.Next; await identities.IsDueAsync(number, cancellation); settled = identities.Settled.Next)
        {
            // Another replica may do the work, and tells only the store.
            await Task.WhenAny(settled, Task.Delay(_options.PollMillis, cancellation));
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
