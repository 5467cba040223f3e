using Microsoft.Extensions.Options;
using Perennial.EngagementTracking.Api;
using Perennial.EngagementTracking.Storage;
using Perennial.EngagementTracking.Workers;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;

namespace Perennial.EngagementTracking;

/// <summary>Who still listens: touches per customer, day and channel, and a warm / cold score that decays.</summary>
internal static class Program
{
    internal static readonly House House = new("engagement", 5103, typeof(Program).Assembly);

    static Task<int> Main(string[] args) => House.RunAsync(args, Build);

    internal static WebApplication Build(string[] args)
    {
        var builder = House.CreateBuilder(args);
        builder.Services.AddHouseGrpc();
        builder.Services.AddCheckedOptions<EngagementOptions>("Engagement");
        builder.Services.AddSingleton(services => services.GetRequiredService<IOptions<EngagementOptions>>().Value.ScoreRules);
        builder.Services.AddSingleton<EngagementStore>();
        builder.Services.AddSingleton<Metrics>();
        builder.Services.AddFeedConsumer<EngagementFeed>();
        return builder.Build().MapHouse<EngagementApi>();
    }
}
