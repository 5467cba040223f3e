using Perennial.CampaignRecommendation.Api;
using Perennial.CampaignRecommendation.Storage;
using Perennial.CampaignRecommendation.Workers;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;

namespace Perennial.CampaignRecommendation;

/// <summary>What to do next for a customer, and why: a playbook (data), their stage, their engagement, and how they can be reached.</summary>
internal static class Program
{
    internal static readonly House House = new("campaigns", 5104, typeof(Program).Assembly);

    static Task<int> Main(string[] args) => House.RunAsync(args, Build);

    internal static WebApplication Build(string[] args)
    {
        var builder = House.CreateBuilder(args);
        builder.Services.AddHouseGrpc();
        builder.Services.AddCheckedOptions<CampaignOptions>("Campaigns");
        builder.Services.AddCheckedOptions<FeedOptions>("Feed");
        builder.Services.AddSingleton<CampaignStore>();
        builder.Services.AddSingleton<Playbooks>();
        builder.Services.AddSingleton<Upstream>();
        builder.Services.AddSingleton<Metrics>();
        builder.Services.AddSingleton<FeedConsumerParts>();
        builder.Services.AddSingleton<FeedConsumer, CampaignFeed>();
        // Before anybody can call: there is always a playbook.
        builder.Services.AddHostedService<PlaybookSeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<FeedConsumer>());
        return builder.Build().MapHouse<CampaignApi>();
    }
}
