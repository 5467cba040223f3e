using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<ListReadersResponse> ListReaders(ListReadersRequest request, ServerCallContext context)
    {
        var size = Pages.Size(request.PageSize, ListPageSizeDefault, ListPageSizeMax);
        var after = Pages.Cursor(request.PageToken, request.Shop) is { } cursor ? ToReaderId(cursor) : null;
        if (request.Shop.Length > 0) await shops.RequireAsync(request.Shop, context.CancellationToken);
        // One more than asked tells whether another page follows.
        var found = await readers.ListAsync(request.Shop, after, size + 1, log.Partitions, context.CancellationToken);
        var now = clock.GetUtcNow();
        var response = new ListReadersResponse { Readers = { found.Take(size).Select(r => Mapping.ToProto(r, now)) } };
        if (found.Count > size) response.NextPageToken = Pages.Token(Cursor(found[size - 1].Id), request.Shop);
        return response;
    }

    // Neither name has a slash.
    static string Cursor(ReaderId id) => $"{id.Name}/{id.Shop}";

    static ReaderId ToReaderId(string cursor) => cursor.IndexOf('/', StringComparison.Ordinal) is var slash && slash < 0 ? new ReaderId("", cursor) : new ReaderId(cursor[(slash + 1)..], cursor[..slash]);
}
