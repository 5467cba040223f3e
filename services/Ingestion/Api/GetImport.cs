using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<Import> GetImport(GetImportRequest request, ServerCallContext context)
    {
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        new Violations().Require(ImportRun.IsId(request.ImportId), "import_id", ImportIdRule).Throw();
        var run = await imports.FindAsync(request.Shop, request.ImportId, context.CancellationToken)
            ?? throw Errors.Of(IngestionErrorReason.ImportNotFound, $"Shop '{request.Shop}' has no import '{request.ImportId}'; ImportEvents begins one.", ("import_id", request.ImportId));
        return await AnswerAsync(run, context.CancellationToken);
    }

    async Task<Import> AnswerAsync(ImportRun run, CancellationToken cancellation)
    {
        var (facts, refusals) = await imports.DetailsAsync(run.Shop, run.Id, cancellation);
        return Mapping.ToProto(run, facts, refusals);
    }
}
