using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    /// <summary>
    /// The instant of the first page travels in the page token: all pages show the same instant, though not the same facts
    /// where late ones come in between.
    /// </summary>
    public override async Task<ListCustomersResponse> ListCustomers(ListCustomersRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Name(request.Model, "model").Name(request.Stage, "stage").Instant(request.AsOf, "as_of")
            .Require(request.PageSize >= 0, "page_size", "must be 0 (the default) or more").Throw();
        var arguments = Arguments(request);
        var size = Pages.Size(request.PageSize, Math.Min(options.Value.PageSize, options.Value.PageSizeMax), options.Value.PageSizeMax);
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var active = await ActiveAsync(shop, request.Model, context.CancellationToken);
        CheckStage(active.Model, request.Stage);
        var (asOf, after) = Start(Pages.Cursor(request.PageToken, arguments), request.AsOf.ToInstant(clock.GetUtcNow()));

        // One more than asked tells whether there is another page.
        var customers = await store.ListCustomersAsync(shop, new CustomerQuery(active.Key, active.Model.Sources, request.Stage, asOf, request.IncludeAnonymous, after, size + 1), context.CancellationToken);
        var response = new ListCustomersResponse();
        response.Customers.AddRange(customers.Take(size).Select(c => Mapping.ToLifecycle(c, shop, active.Model, asOf)).OfType<CustomerLifecycle>());
        if (customers.Count > size) response.NextPageToken = Pages.Token(Cursor(asOf, customers[size - 1].Customer), arguments);
        return response;
    }

    static string[] Arguments(ListCustomersRequest request)
        => [request.Shop, request.Model, request.Stage, request.AsOf?.ToDateTimeOffset().ToString("O") ?? "", request.IncludeAnonymous ? "anonymous" : ""];

    static string Cursor(DateTimeOffset asOf, string customer) => string.Create(CultureInfo.InvariantCulture, $"{asOf.ToUnixTimeMilliseconds()} {customer}");

    static (DateTimeOffset AsOf, string After) Start(string? cursor, DateTimeOffset asOf)
    {
        if (cursor is null) return (asOf, "");
        var end = cursor.IndexOf(' ', StringComparison.Ordinal);
        return (DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(cursor.AsSpan(0, end), CultureInfo.InvariantCulture)), cursor[(end + 1)..]);
    }
}
