using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<ReportReaderResponse> ReportReader(ReportReaderRequest request, ServerCallContext context)
    {
        await CheckAsync(request, context.CancellationToken);
        // Of a partition that is named twice the furthest counts, as if both had come one after the other.
        var positions = request.Positions.GroupBy(p => p.Partition).Select(g => KeyValuePair.Create(g.Key, g.Max(p => p.Position)));
        if (!await readers.ReportAsync(new ReaderId(request.Shop, request.Reader), positions, clock.GetUtcNow().WholeMillis(), _options.ReadersMax, context.CancellationToken))
            throw ReaderRules.TooMany(_options.ReadersMax);
        return new ReportReaderResponse();
    }

    async Task CheckAsync(ReportReaderRequest request, CancellationToken cancellation)
    {
        new Violations()
            .Reader(request.Reader)
            .Require(request.Positions.All(p => p.Position >= 0), "positions.position", "must be 0 (nothing yet) or more")
            .Throw();
        if (request.Shop.Length > 0) await shops.RequireAsync(request.Shop, cancellation);
        if (request.Positions.FirstOrDefault(p => p.Partition < 0 || p.Partition >= log.Partitions) is { } stray) throw ReaderRules.NoPartition(stray.Partition, log.Partitions);
        // Looked up only where another replica must have written what this reader has applied.
        if (request.Positions.All(p => p.Position <= log.Heads[p.Partition])) return;
        var heads = await log.RefreshHeadsAsync(cancellation);
        if (request.Positions.FirstOrDefault(p => p.Position > heads[p.Partition]) is { } ahead) throw ReaderRules.AheadOfLog("Position", ahead.Position, ahead.Partition, heads[ahead.Partition]);
    }
}
