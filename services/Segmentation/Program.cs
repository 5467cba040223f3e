using Microsoft.Extensions.Options;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.Api;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Workers;

namespace Perennial.Segmentation;

/// <summary>Every customer's exact lifecycle stage, at any instant, with its reason.</summary>
internal static class Program
{
    internal static readonly House House = new("segmentation", 5102, typeof(Program).Assembly);

    static Task<int> Main(string[] args) => House.RunAsync(args, Build);

    internal static WebApplication Build(string[] args)
    {
        var builder = House.CreateBuilder(args);
        builder.Services.AddHouseGrpc()
            .AddCheckedOptions<SegmentationOptions>("Segmentation")
            .AddCheckedOptions<ValueOptions>("Value")
            .AddCheckedOptions<PreviewOptions>("Preview")
            .AddSingleton(provider => provider.GetRequiredService<IOptions<ValueOptions>>().Value.ToTerms())
            .AddSingleton<SegmentationStore>()
            .AddSingleton<ValueStore>()
            .AddSingleton<RfmMonths>()
            .AddSingleton<ValueRefresh>()
            .AddHostedService(provider => provider.GetRequiredService<ValueRefresh>())
            .AddHostedService(provider => provider.GetRequiredService<RfmMonths>())
            .AddSingleton<Metrics>()
            .AddSingleton<Bell>()
            .AddKeyedSingleton<Bell>(Bell.Previews)
            .AddKeyedSingleton<Bell>(Bell.Months)
            .AddHostedService<Deriving>()
            .AddHostedService<Sweeping>()
            .AddHostedService<Previewing>()
            .AddFeedConsumer<HistoryFeed>();
        var app = builder.Build();
        return app.MapHouse<SegmentationApi>().MapService<ValueApi>().MapService<AudienceApi>().MapService<MetricsApi>();
    }
}
