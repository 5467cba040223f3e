using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Import;

/// <summary>Ingestion by gRPC, through a gateway with the shop's key or directly with the service token.</summary>
internal sealed class ImportDoor : IDisposable
{
    readonly Uri _address;
    readonly GrpcChannel _channel;

    public ImportDoor(Uri address, string key)
    {
        _address = address;
        // Without retries: a stream that broke is resumed where the import stands, not repeated.
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { UseProxy = !address.IsLoopback, KeepAlivePingDelay = TimeSpan.FromSeconds(30), KeepAlivePingTimeout = TimeSpan.FromSeconds(10) },
            DisposeHttpClient = true,
            ThrowOperationCanceledOnCancellation = true,
        });
        Ingestion = new IngestionService.IngestionServiceClient(_channel.Intercept(headers => [.. headers, new Metadata.Entry(CallMetadata.Authorization, "Bearer " + key)]));
    }

    public IngestionService.IngestionServiceClient Ingestion { get; }

    /// <exception cref="StartException">When it is not there, or nothing answers.</exception>
    public async Task<Shop> FindShopAsync(string shop, CancellationToken cancellation)
    {
        try
        {
            return await Ingestion.GetShopAsync(new GetShopRequest { Shop = shop }, cancellationToken: cancellation);
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            throw new StartException($"shop '{shop}' at {_address}: {e.Status.Detail}", e);
        }
    }

    public void Dispose() => _channel.Dispose();
}
