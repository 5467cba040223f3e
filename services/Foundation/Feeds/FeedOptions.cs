using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Foundation.Sql;

namespace Perennial.Foundation.Feeds;

/// <summary>How a house tails the log (section <c>Feed</c>).</summary>
public sealed class FeedOptions : IValidatableObject
{
    /// <summary>Most events applied in one transaction. Batches grow with lag, so state per customer is written once per batch.</summary>
    [Range(1, 100_000)]
    public int BatchSizeMax { get; set; } = 5_000;

    /// <summary>Events per message asked of the log.</summary>
    [Range(1, 5_000)]
    public int PageSize { get; set; } = 1_000;

    /// <summary>Longest pause before a failed partition is tried again.</summary>
    [Range(50, 60_000)]
    public int RetryMillisMax { get; set; } = 5_000;

    /// <summary>A reader that heard nothing for this long (heartbeats come every few seconds) makes the house unhealthy.</summary>
    [Range(1_000, 600_000)]
    public int SilenceMillisMax { get; set; } = 30_000;

    /// <summary>How often the log is told what is applied, in seconds: retention lags behind by as much, and a dead reader is noticed as soon.</summary>
    [Range(1, 300)]
    public int ReportSeconds { get; set; } = 5;

    /// <summary>
    /// Oldest event not applied, in seconds since its receipt, that a reader which had caught up may have before the house is unhealthy; 0
    /// never makes it so. Wide of what a burst takes, within what people wait for.
    /// </summary>
    [Range(0, 31_536_000)]
    public int LagSecondsMax { get; set; } = 900;

    /// <summary>
    /// A name that this replica has again after a restart and no other on its machine has at the time; what it held when it was killed is its own
    /// at once then. Unset: address and port, or nothing where the system chooses the port.
    /// </summary>
    [StringLength(64)]
    public string Instance { get; set; } = "";

    /// <summary>How long a partition stays with a replica that gave no sign of life, in milliseconds: the longest wait for those who take over from one that was killed.</summary>
    [Range(200, 600_000)]
    public int LeaseMillis { get; set; } = 10_000;

    /// <summary>How often a replica gives a sign of life and looks for others, in milliseconds: the longest wait of one that joins. Under half of <see cref="LeaseMillis"/>, so that one that fails is made good.</summary>
    [Range(50, 300_000)]
    public int RenewMillis { get; set; } = 3_000;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RenewMillis * 2 > LeaseMillis) yield return new ValidationResult("Feed:RenewMillis must be at most half of Feed:LeaseMillis.", [nameof(RenewMillis)]);
    }
}

public static class FeedHosting
{
    /// <summary>Runs <typeparamref name="TConsumer"/> as the reader of the log in this process, which shares the partitions with other replicas; others ask for it as <see cref="FeedConsumer"/>.</summary>
    public static IServiceCollection AddFeedConsumer<TConsumer>(this IServiceCollection services) where TConsumer : FeedConsumer
        => services.AddCheckedOptions<FeedOptions>("Feed")
            .AddSingleton<Leases>()
            .AddSingleton<FeedConsumerParts>()
            .AddSingleton<FeedConsumer, TConsumer>()
            .AddHostedService(provider => provider.GetRequiredService<FeedConsumer>());
}

/// <summary>What a consumer stands on; one argument for the houses to pass through.</summary>
public sealed record FeedConsumerParts(
    Channels Channels,
    IOptions<UpstreamOptions> Upstream,
    IOptions<FeedOptions> Options,
    IOptions<ListenOptions> Listen,
    HealthState Health,
    Leases Leases,
    TimeProvider Clock,
    ILoggerFactory Logs,
    IHostApplicationLifetime Lifetime,
    House House);
