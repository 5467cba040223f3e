using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;
using ImportState = Perennial.Ingestion.V1.Import;

namespace Perennial.AllInOne.Import;

/// <summary>Which import it is.</summary>
/// <param name="Source">Tells people, and a later run, what is imported.</param>
internal sealed record ImportName(string Shop, string Id, string Source, bool Backfill);

/// <summary>
/// Sends a source by ImportEvents, from where the import stands. A service that goes away is waited for, a while; then the import is
/// continued by running it again.
/// </summary>
internal sealed class ImportStream(IngestionService.IngestionServiceClient client, ImportName name)
{
    const int TriesMax = 10;
    static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    /// <param name="sent">Told each chunk that was handed over.</param>
    /// <returns>The import as it stands in the end: done.</returns>
    /// <exception cref="StartException">When it is refused, or the service stays away.</exception>
    public async Task<ImportState> SendAsync(IImportSource source, Action<SourceChunk> sent, CancellationToken cancellation)
    {
        for (var (tried, best) = (1, -1L); ; tried++)
        {
            try
            {
                var there = await FindAsync(cancellation);
                Check(there);
                if (there is { Done: true }) return there;
                // What goes on is tried again as often as it does.
                if (there?.Checkpoint > best) (tried, best) = (1, there.Checkpoint);
                return await SendFromAsync(there?.Checkpoint ?? 0, source, sent, cancellation);
            }
            catch (RpcException e) when (tried < TriesMax && IsTransient(e) && !cancellation.IsCancellationRequested)
            {
                var pause = TimeSpan.FromMilliseconds(100 << Math.Min(tried, 8));
                await Task.Delay(pause < PauseMax ? pause : PauseMax, cancellation);
            }
            catch (RpcException e) when (!cancellation.IsCancellationRequested)
            {
                throw new StartException($"import '{name.Id}' was refused: {e.Status.Detail.TrimEnd('.')}. {(IsTransient(e) ? "Run it again to go on." : "")}".TrimEnd(), e);
            }
        }
    }

    /// <summary>Null when none of that id was begun.</summary>
    public async Task<ImportState?> FindAsync(CancellationToken cancellation)
    {
        try
        {
            return await client.GetImportAsync(new GetImportRequest { Shop = name.Shop, ImportId = name.Id }, cancellationToken: cancellation);
        }
        catch (RpcException e) when (Errors.Reason(e)?.Reason == "IMPORT_NOT_FOUND")
        {
            return null;
        }
    }

    void Check(ImportState? there)
    {
        if (there is not null && there.Source != name.Source)
            throw new StartException($"import '{name.Id}' was begun with another file or mapping ({there.Source}, not {name.Source}); choose another --import-id.");
    }

    async Task<ImportState> SendFromAsync(long checkpoint, IImportSource source, Action<SourceChunk> sent, CancellationToken cancellation)
    {
        using var call = client.ImportEvents(cancellationToken: cancellation);
        // Once the service has ended the call nothing can be written: its answer says why.
        var isOpen = await WriteAsync(call, new ImportEventsRequest { Shop = name.Shop, Opening = new ImportOpening { ImportId = name.Id, Source = name.Source, Backfill = name.Backfill } }, cancellation);
        using var pieces = source.From(checkpoint).GetEnumerator();
        while (isOpen && pieces.MoveNext())
        {
            isOpen = await WriteAsync(call, new ImportEventsRequest { Shop = name.Shop, Chunk = pieces.Current.Chunk }, cancellation);
            if (isOpen) sent(pieces.Current);
        }
        if (isOpen) await call.RequestStream.CompleteAsync();
        return await call;
    }

    /// <summary>False when the call has ended.</summary>
    static async Task<bool> WriteAsync(AsyncClientStreamingCall<ImportEventsRequest, ImportState> call, ImportEventsRequest message, CancellationToken cancellation)
    {
        try
        {
            await call.RequestStream.WriteAsync(message, cancellation);
            return true;
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    // Aborted: a stream that broke may still be finishing its last chunk.
    static bool IsTransient(RpcException e) => e.StatusCode is StatusCode.Unavailable or StatusCode.Aborted || Errors.Reason(e)?.Reason == "RATE_LIMITED";
}
