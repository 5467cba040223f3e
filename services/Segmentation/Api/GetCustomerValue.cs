using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class ValueApi
{
    const double DiscountMax = 10;

    /// <summary>Computed from the customer's facts at the instant; predictions come from the latest model that rests on nothing after it.</summary>
    public override async Task<CustomerValue> GetCustomerValue(GetCustomerValueRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Subject(request.Customer).Instant(request.AsOf, "as_of")
            .Require(!request.HasAnnualDiscountRate || request.AnnualDiscountRate is >= 0 and <= DiscountMax, "annual_discount_rate", $"must be 0 to {DiscountMax}")
            .Require(!request.HasMargin || request.Margin is > 0 and <= 1, "margin", "must be above 0, up to 1")
            .Throw();
        var (asOf, cancellation) = (request.AsOf.ToInstant(clock.GetUtcNow()), context.CancellationToken);
        var shop = await ShopAsync(request.Shop, cancellation);
        var terms = new ForecastTerms(
            request.HasAnnualDiscountRate ? request.AnnualDiscountRate : options.Value.AnnualDiscountRate,
            request.HasMargin ? request.Margin : options.Value.Margin,
            options.Value.NextOrderDaysMax);
        var history = (await shops.FindCustomerAsync(shop, request.Customer, Sources.Purchases | Sources.Activities, cancellation))?.Record.Now(shop.Currency, shop.Zone, Sources.Purchases | Sources.Activities);
        if (history?.Purchases.At(asOf) is null) throw Lookups.CustomerNotFound(shop, request.Customer, asOf);
        List<Fact> facts = [.. history.Facts.Where(f => f.Time <= asOf)];
        var buyer = Buyer.Of(facts, shop.Currency, shop.Zone);
        var today = Calendar.DateOf(asOf, shop.Zone).DayNumber;
        var revision = await store.FindLatestAsync(shop.Id, asOf, cancellation);
        var channels = EngagementScore.Channels(Standing.At(history, asOf, shop.Zone)!.Touches, DateOnly.FromDayNumber(today));
        return ValueMapping.ToValue(shop, request.Customer, asOf, today, buyer, revision, CustomerForecast.Of(buyer.Orders, today, revision?.Model, terms), terms, channels);
    }
}
