using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Ingestion.V1;
using IdentityChange = Perennial.Ingestion.V1.IdentityChange;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<IdentityChange> UnmergeCustomers(UnmergeCustomersRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Text(request.Change, "change", 1, ActorLengthMax);
        CheckWhoAndWhy(violations, request.Actor, request.Reason);
        violations.Throw();
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        return await SettledAsync(await UnmergeAsync(request, context.CancellationToken) ?? throw MergeNotFound(request), context.CancellationToken);
    }

    async Task<Domain.IdentityChange?> UnmergeAsync(UnmergeCustomersRequest request, CancellationToken cancellation)
        => long.TryParse(request.Change, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? await identities.UnmergeAsync(new UnmergeOrder(request.Shop, number, request.Actor, request.Reason, clock.GetUtcNow().WholeMillis()), cancellation)
            : null;

    static RpcException MergeNotFound(UnmergeCustomersRequest request)
        => Errors.Of(IngestionErrorReason.MergeNotFound, $"Shop '{request.Shop}' has no merge '{request.Change}' to undo, or somebody of it was erased.", ("change", request.Change));
}
