using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<Identity> GetIdentity(GetIdentityRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = CheckId(violations, request.Customer, "customer");
        violations.Throw();
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        return Mapping.ToProto(request.Shop, await RequireIdentityAsync(request.Shop, id, context.CancellationToken));
    }

    static CustomerId CheckId(Violations violations, string text, string field)
    {
        if (!CustomerId.TryParse(text, out var id)) violations.Add(field, "must be an id like \"user:42\", \"ext:shopify:9\", \"email:{address or its SHA-256}\" or \"anon:7f3\"");
        return id ?? default;
    }

    /// <summary>The customer of an id, or the refusal that every RPC gives.</summary>
    async Task<CustomerIdentity> RequireIdentityAsync(string shop, CustomerId id, CancellationToken cancellation)
        => await identities.FindAsync(shop, id, cancellation) ?? throw CustomerNotFound(id.Text);

    static RpcException CustomerNotFound(string customer)
        => Errors.Of(IngestionErrorReason.CustomerNotFound, $"Nothing is recorded of '{customer}', or they were erased.", ("customer", customer));
}
