using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<ListQuarantinedResponse> ListQuarantined(ListQuarantinedRequest request, ServerCallContext context)
    {
        new Violations().Require(request.Quarantined.Count <= ListPageSizeMax, "quarantined", $"must be at most {ListPageSizeMax} ids").PageSize(request.PageSize).Throw();
        var size = Pages.Size(request.PageSize, ListPageSizeDefault, ListPageSizeMax);
        string[] arguments = [request.Shop, request.Reason, .. request.Quarantined];
        var after = long.Parse(Pages.Cursor(request.PageToken, arguments) ?? "0", CultureInfo.InvariantCulture);
        await shops.RequireAsync(request.Shop, context.CancellationToken);

        var numbers = request.Quarantined.Select(Mapping.ToSequence).Distinct().ToList();
        var page = await quarantine.ListAsync(request.Shop, request.Reason, numbers, after, size, _options.PageBytesMax, context.CancellationToken);
        var counts = await quarantine.CountAsync(request.Shop, context.CancellationToken);
        return new ListQuarantinedResponse
        {
            Events = { page.Events.Select(Mapping.ToProto) },
            NextPageToken = page.HasMore ? Pages.Token(Mapping.ToQuarantinedId(page.Events[^1].Sequence), arguments) : "",
            Counts = { counts.Select(c => new QuarantineCount { Reason = c.Reason, Count = c.Kept }) },
        };
    }
}
