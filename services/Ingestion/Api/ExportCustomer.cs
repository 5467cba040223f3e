using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    /// <summary>Page by page, so that a history of any length costs the memory of one.</summary>
    const int ExportPageSize = 500;

    public override async Task ExportCustomer(ExportCustomerRequest request, IServerStreamWriter<ExportCustomerResponse> responseStream, ServerCallContext context)
    {
        // A stream would outlast the shutdown.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var violations = new Violations();
        var id = CheckId(violations, request.Customer, "customer");
        violations.Throw();
        await shops.RequireAsync(request.Shop, stop.Token);
        var identity = await SettledIdentityAsync(request.Shop, id, stop.Token);
        await responseStream.WriteAsync(new ExportCustomerResponse { Identity = Mapping.ToProto(request.Shop, identity) }, stop.Token);
        await ExportEventsAsync(request.Shop, identity.Customer, responseStream, stop.Token);
        await ExportQuarantinedAsync(request.Shop, identity, responseStream, stop.Token);
    }

    /// <summary>Once nothing of theirs is on its way from one customer to another.</summary>
    async Task<CustomerIdentity> SettledIdentityAsync(string shop, CustomerId id, CancellationToken cancellation)
    {
        while (true)
        {
            var settled = identities.Settled.Next;
            var identity = await RequireIdentityAsync(shop, id, cancellation);
            if (!await identities.AreDueAsync(shop, identity.Ids.Select(i => i.Id), cancellation)) return identity;
            await Task.WhenAny(settled, Task.Delay(_options.PollMillis, cancellation));
        }
    }

    async Task ExportEventsAsync(string shop, CustomerId customer, IServerStreamWriter<ExportCustomerResponse> stream, CancellationToken cancellation)
    {
        await foreach (var e in log.AllOfAsync(shop, customer, await identities.LastResetAsync(shop, customer, cancellation), ExportPageSize, cancellation))
        {
            var recorded = Mapping.ToRecorded(e);
            if (recorded.Event.PayloadCase != Event.PayloadOneofCase.CustomerReset) await stream.WriteAsync(new ExportCustomerResponse { Event = recorded }, cancellation);
        }
    }

    async Task ExportQuarantinedAsync(string shop, CustomerIdentity identity, IServerStreamWriter<ExportCustomerResponse> stream, CancellationToken cancellation)
    {
        foreach (var numbers in (await quarantine.NamingAsync(shop, identity.Ids.Select(i => i.Id), cancellation)).Chunk(ExportPageSize))
        {
            var page = await quarantine.ListAsync(shop, "", numbers, 0, ExportPageSize, int.MaxValue, cancellation);
            foreach (var e in page.Events) await stream.WriteAsync(new ExportCustomerResponse { Quarantined = Mapping.ToProto(e) }, cancellation);
        }
    }
}
