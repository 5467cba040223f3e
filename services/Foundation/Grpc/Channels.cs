using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Grpc;

/// <summary>Channels to the other houses: one per address, with the service token on every call and retries of UNAVAILABLE.</summary>
public sealed class Channels(IOptions<AccessOptions> access) : IDisposable
{
    readonly ConcurrentDictionary<string, GrpcChannel> _channels = new(StringComparer.Ordinal);

    public CallInvoker To(string address)
    {
        var invoker = _channels.GetOrAdd(address, Open).CreateCallInvoker();
        var token = access.Value.ServiceToken;
        return token.Length == 0 ? invoker : invoker.Intercept(headers => WithToken(headers, token));
    }

    static Metadata WithToken(Metadata headers, string token)
    {
        var all = new Metadata { { CallMetadata.Authorization, "Bearer " + token } };
        foreach (var entry in headers) all.Add(entry);
        return all;
    }

    static GrpcChannel Open(string address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            // Houses are neighbours: a proxy meant for the outside world must not catch their calls.
            UseProxy = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            InitialHttp2StreamWindowSize = 4 * 1024 * 1024,
        },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = 16 * 1024 * 1024,
        ServiceConfig = new ServiceConfig
        {
            MethodConfigs =
            {
                new MethodConfig
                {
                    Names = { MethodName.Default },
                    // AIP-194: only UNAVAILABLE is retried without being asked.
                    RetryPolicy = new RetryPolicy { MaxAttempts = 4, InitialBackoff = TimeSpan.FromMilliseconds(100), MaxBackoff = TimeSpan.FromSeconds(2), BackoffMultiplier = 2, RetryableStatusCodes = { StatusCode.Unavailable } },
                },
            },
        },
    });

    public void Dispose()
    {
        foreach (var channel in _channels.Values) channel.Dispose();
    }
}
