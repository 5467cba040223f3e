using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway.Access;

internal static class AccessHosting
{
    public static void AddAccess(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton<ApiKeyStore>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<Shops>();
        services.AddHostedService<FirstKey>();
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Partition(context, options));
            limiter.OnRejected = RefuseAsync;
        });
    }

    /// <summary>First who it is, then how often they may.</summary>
    public static void UseAccess(this IApplicationBuilder app) => app.UseMiddleware<KeyAccess>().UseRateLimiter();

    static RateLimitPartition<string> Partition(HttpContext context, GatewayOptions options)
        => context.Features.Get<Caller>() is { } caller
            ? RateLimitPartition.GetTokenBucketLimiter(caller.KeyHash, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Math.Max(options.Burst, options.RequestsPerSecond),
                TokensPerPeriod = options.RequestsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            })
            : RateLimitPartition.GetNoLimiter("");

    static async ValueTask RefuseAsync(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
        await rejected.HttpContext.RequestServices.GetRequiredService<Problems>()
            .WriteAsync(rejected.HttpContext, Errors.RateLimited("Too many requests with this key; send larger batches, or come back later.", wait));
    }
}
