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
        builder.Services.AddSingleton<CampaignStore>();
        builder.Services.AddSingleton<Playbooks>();
        builder.Services.AddSingleton<Upstream>();
        builder.Services.AddSingleton<Metrics>();
        // Before anybody can call: there is always a playbook.
        builder.Services.AddHostedService<PlaybookSeed>();
        builder.Services.AddFeedConsumer<CampaignFeed>();
        return builder.Build().MapHouse<CampaignApi>();
    }
}
