using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<DeleteReaderResponse> DeleteReader(DeleteReaderRequest request, ServerCallContext context)
    {
        new Violations().Reader(request.Reader).Throw();
        if (request.Shop.Length > 0) await shops.RequireAsync(request.Shop, context.CancellationToken);
        if (await readers.DeleteAsync(new ReaderId(request.Shop, request.Reader), context.CancellationToken)) logger.ReaderDeleted(request.Reader, request.Shop);
        return new DeleteReaderResponse();
    }
}
