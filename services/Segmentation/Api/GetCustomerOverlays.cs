using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.V1;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    public override async Task<CustomerOverlays> GetCustomerOverlays(GetCustomerOverlaysRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Subject(request.Customer).Instant(request.AsOf, "as_of").Throw();
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var ground = await store.ReadGroundAsync(shop, context.CancellationToken);
        var customer = await store.FindCustomerAsync(shop, request.Customer, Sources.Purchases | Sources.Activities, context.CancellationToken);
        if (customer?.Record.Now(shop.Currency, shop.Zone) is not { } history || OverlayFacts.At(history, asOf, shop.Zone) is not { } facts) throw Lookups.CustomerNotFound(shop, request.Customer, asOf);
        return new CustomerOverlays
        {
            Shop = shop.Id,
            Customer = customer.Id,
            AsOf = asOf.ToTimestamp(),
            Overlays = { Overlays.Of(facts, ground.Measures.Overlays, Calendar.DateOf(asOf, shop.Zone)).Select(o => AudienceMapping.ToProto(o, shop.Zone)) },
            SettingsRevision = ground.SettingsRevision,
            PopulationRevision = ground.PopulationRevision,
        };
    }
}
