using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class ValueApi
{
    const int RfmPageSize = 100, RfmPageSizeMax = 1_000;

    /// <summary>The month of the first page travels in the token, so that a month that ends in between changes nothing.</summary>
    public override async Task<ListRfmResponse> ListRfm(ListRfmRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Month(request.Month).TieRule(request.TieRule).Name(request.Segment, "segment")
            .PageSize(request.PageSize).Throw();
        string[] arguments = [request.Shop, request.Month, request.TieRule.ToString(), request.Segment];
        var size = Pages.Size(request.PageSize, RfmPageSize, RfmPageSizeMax);
        var (asked, after) = Pages.Cursor(request.PageToken, arguments) is { } cursor ? (cursor[..7], cursor[7..]) : (request.Month, "");
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var segment = request.Segment.Length == 0 ? null : Segment(request.Segment);
        var month = await MonthAsync(shop.Id, asked, context.CancellationToken);
        var rule = ValueMapping.ToRule(request.TieRule);
        var entries = await store.ListEntriesAsync(shop.Id, new RfmQuery(month.Start, rule, segment?.Codes ?? [], after, size + 1), context.CancellationToken);
        var response = new ListRfmResponse { Month = ValueMapping.ToMonth(month.Start) };
        response.Customers.AddRange(entries.Take(size).Select(e => ValueMapping.ToCustomer(e, rule, shop.Currency)));
        if (entries.Count > size) response.NextPageToken = Pages.Token(response.Month + entries[size - 1].Customer, arguments);
        return response;
    }

    /// <exception cref="RpcException">RFM_SEGMENT_NOT_FOUND.</exception>
    static RfmSegment Segment(string id)
    {
        var known = string.Join(',', RfmSegments.All.Select(s => s.Id));
        return RfmSegments.Find(id) ?? throw Errors.Of(SegmentationErrorReason.RfmSegmentNotFound, $"There is no RFM segment '{id}'; there is {known}.", ("segment", id), ("segments", known));
    }
}
