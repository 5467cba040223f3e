using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.V1;
using Customer = Perennial.Segmentation.Storage.Customer;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    /// <summary>
    /// The instant of the first page travels in the page token: all pages show the same instant, though not the same facts
    /// where late ones come in between.
    /// </summary>
    public override async Task<ListCustomersResponse> ListCustomers(ListCustomersRequest request, ServerCallContext context)
    {
        var now = clock.GetUtcNow();
        new Violations().Shop(request.Shop).Name(request.Model, "model").Name(request.Stage, "stage").Instant(request.AsOf, "as_of").Known(request.KnownAt, now)
            .PageSize(request.PageSize).Throw();
        var arguments = Arguments(request);
        var size = Pages.Size(request.PageSize, Math.Min(options.Value.PageSize, options.Value.PageSizeMax), options.Value.PageSizeMax);
        var knownAt = request.KnownAt.ToKnown(now);
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var use = await UseAsync(shop, request.Model, knownAt, context.CancellationToken);
        var (model, zone) = (use.Model, use.Zone);
        CheckStage(model, request.Stage);
        var (asOf, after) = Start(Pages.Cursor(request.PageToken, arguments), request.AsOf.ToInstant(now));

        var response = new ListCustomersResponse();
        for (var limit = size + 1; ; limit = ScanSize)
        {
            var customers = await store.ListCustomersAsync(shop, after, request.IncludeAnonymous, model.Sources | Sources.Purchases, limit, context.CancellationToken);
            foreach (var customer in customers)
            {
                if (!IsIn(customer)) continue;
                // One more than asked tells that there is another page.
                if (response.Customers.Count == size)
                {
                    response.NextPageToken = Pages.Token(Cursor(asOf, response.Customers[^1].Customer), arguments);
                    return response;
                }
                response.Customers.Add(Mapping.ToLifecycle(customer, shop, use, asOf, knownAt));
            }
            if (customers.Count < limit) return response;
            after = customers[^1].Id;
        }

        bool IsIn(Customer customer)
            => customer.Record.AsKnown(knownAt, shop.Currency, zone, model.Sources | Sources.Purchases) is { } history
            && Lifecycle.StageAt(history, model, zone, asOf)?.Stage is { } stage
            && (request.Stage.Length == 0 || stage.Id == request.Stage);
    }

    /// <summary>Customers looked at together where most are in other stages.</summary>
    const int ScanSize = 1_000;

    static string[] Arguments(ListCustomersRequest request)
        => [request.Shop, request.Model, request.Stage, request.AsOf?.ToDateTimeOffset().ToString("O") ?? "", request.IncludeAnonymous ? "anonymous" : "", request.KnownAt?.ToDateTimeOffset().ToString("O") ?? ""];

    static string Cursor(DateTimeOffset asOf, string customer) => string.Create(CultureInfo.InvariantCulture, $"{asOf.ToUnixTimeMilliseconds()} {customer}");

    static (DateTimeOffset AsOf, string After) Start(string? cursor, DateTimeOffset asOf)
    {
        if (cursor is null) return (asOf, "");
        var end = cursor.IndexOf(' ', StringComparison.Ordinal);
        return (DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(cursor.AsSpan(0, end), CultureInfo.InvariantCulture)), cursor[(end + 1)..]);
    }
}
