using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Gateway.Access;
using Yarp.ReverseProxy.Forwarder;

namespace Perennial.Gateway.Routes;

/// <summary>What a client says about who it is stays here; the houses hear the shop of the key and the service token.</summary>
internal sealed class TenantTransformer(IOptions<AccessOptions> access) : HttpTransformer
{
    static readonly string[] Spoken = [CallMetadata.Authorization, CallMetadata.Shop, Credentials.ApiKeyHeader, Credentials.WriteKeyHeader];
    readonly string? _authorization = access.Value.ServiceToken.Length == 0 ? null : "Bearer " + access.Value.ServiceToken;

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Headers.Host = null;
        foreach (var header in Spoken) proxyRequest.Headers.Remove(header);
        proxyRequest.Headers.TryAddWithoutValidation(CallMetadata.Shop, httpContext.Caller().Shop);
        if (_authorization is not null) proxyRequest.Headers.TryAddWithoutValidation(CallMetadata.Authorization, _authorization);
    }
}
