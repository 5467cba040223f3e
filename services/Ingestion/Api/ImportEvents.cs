using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;
using Part = Perennial.Ingestion.V1.ImportEventsRequest.PartOneofCase;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    const string ImportIdRule = "must have 1 to 63 characters a-z, 0-9 and hyphens, not starting with a hyphen";

    public override async Task<Import> ImportEvents(IAsyncStreamReader<ImportEventsRequest> requestStream, ServerCallContext context)
    {
        // A stream would outlast the shutdown: it ends as soon as the house begins to stop, and the caller goes on later.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var run = await OpenImportAsync(requestStream, stop.Token);
        var facts = (await imports.DetailsAsync(run.Shop, run.Id, stop.Token)).Facts.Keys.ToHashSet(StringComparer.Ordinal);
        while (await requestStream.MoveNext(stop.Token))
        {
            CheckChunk(requestStream.Current, run, facts);
            run = await ImportAsync(run, requestStream.Current.Chunk, stop.Token);
        }
        return await AnswerAsync(run, context.CancellationToken);
    }

    async Task<ImportRun> OpenImportAsync(IAsyncStreamReader<ImportEventsRequest> stream, CancellationToken cancellation)
    {
        if (!await stream.MoveNext(cancellation)) throw Errors.Invalid([("opening", "is required: the first message of the stream opens the import")]);
        var (shop, opening) = (stream.Current.Shop, stream.Current.Opening);
        await shops.RequireAsync(shop, cancellation);
        if (opening is null) throw Errors.Invalid([("opening", "must be the first message of the stream")]);
        new Violations()
            .Require(ImportRun.IsId(opening.ImportId), "opening.import_id", ImportIdRule)
            .Text(opening.Source, "opening.source", 0, ImportRun.SourceLengthMax)
            .Throw();
        var now = clock.GetUtcNow().WholeMillis();
        var run = await imports.BeginAsync(new ImportRun(shop, opening.ImportId, opening.Source, opening.Backfill, 0, false, 0, 0, 0, now, now), cancellation);
        new Violations()
            .Require(run.Backfill == opening.Backfill, "opening.backfill", $"must be {(run.Backfill ? "true" : "false")}, as when the import began")
            .Throw();
        logger.ImportOpened(run.Id, run.Shop, run.Checkpoint, run.Source);
        return run;
    }

    /// <param name="facts">Names that the import has already; those of the chunk are added.</param>
    void CheckChunk(ImportEventsRequest request, ImportRun run, HashSet<string> facts)
    {
        var chunk = request.Chunk;
        var violations = new Violations()
            .Require(request.Shop == run.Shop, "shop", "must be the same in every message of the stream")
            .Require(request.PartCase == Part.Chunk, "chunk", "is required in every message after the first");
        violations.Throw();
        CheckChunkSize(chunk);
        if (chunk.Checkpoint != run.Checkpoint || run.Done) throw OutOfStep(run);
        violations.Require(chunk.NextCheckpoint > chunk.Checkpoint, "chunk.next_checkpoint", "must be greater than checkpoint");
        foreach (var (fact, count) in chunk.Facts)
        {
            violations.Require(ImportRun.IsFact(fact), $"chunk.facts[{fact}]", "must be named by 1 to 63 characters a-z, 0-9 and underscores, starting with a letter")
                .Require(count >= 0, $"chunk.facts[{fact}]", "must be 0 or more");
            facts.Add(fact);
        }
        violations.Require(facts.Count <= _options.ImportFactsMax, "chunk.facts", string.Create(CultureInfo.InvariantCulture, $"must be at most {_options.ImportFactsMax} different ones over the whole import")).Throw();
    }

    void CheckChunkSize(ImportChunk chunk)
    {
        var limit = _options.BatchEventsMax.ToString(CultureInfo.InvariantCulture);
        if (chunk.Events.Count > _options.BatchEventsMax)
            throw Errors.Of(IngestionErrorReason.BatchTooLarge, $"The chunk has {chunk.Events.Count} events, at most {limit} are taken in one; send smaller chunks.", ("limit", limit));
    }

    static RpcException OutOfStep(ImportRun run) => Errors.Of(IngestionErrorReason.ImportOutOfStep,
        run.Done ? $"Import '{run.Id}' is done; choose another id for another source." : $"Import '{run.Id}' stands at {run.Checkpoint.ToString(CultureInfo.InvariantCulture)}; go on there.",
        ("checkpoint", run.Checkpoint.ToString(CultureInfo.InvariantCulture)), ("done", run.Done ? "true" : "false"));

    async Task<ImportRun> ImportAsync(ImportRun run, ImportChunk chunk, CancellationToken cancellation)
    {
        foreach (var e in chunk.Events) e.Backfill |= run.Backfill;
        var response = new RecordEventsResponse();
        var request = new RecordEventsRequest { Shop = run.Shop, Events = { chunk.Events } };
        var good = Judge(request, response);
        var refusals = response.Results.Where(r => r.Outcome == EventResult.Types.Outcome.Refused).Select(Mapping.ToRefusal).ToList();
        var step = new ImportStep(chunk.NextCheckpoint, chunk.Done, chunk.Facts, refusals, clock.GetUtcNow().WholeMillis());
        // Once it is its turn a chunk is committed whole, whether or not the caller still waits.
        var after = await turns.TakeAsync(() => imports.AppendAsync(run, step, good, CancellationToken.None), cancellation);
        if (after is not { } done) throw OutOfStep(await imports.FindAsync(run.Shop, run.Id, cancellation) ?? run);
        Answer(request, response, done.Results);
        metrics.Answered(response.RecordedCount, response.DuplicateCount, response.RefusedCount);
        if (done.Run.Done) logger.ImportDone(run.Id, run.Shop, done.Run.Recorded, done.Run.Duplicate, done.Run.Refused);
        return done.Run;
    }
}
