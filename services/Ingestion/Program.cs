using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Api;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Ingestion.Storage.Keys;
using Perennial.Ingestion.Storage.Privacy;
using Perennial.Ingestion.Workers;

namespace Perennial.Ingestion;

/// <summary>The front door: events in, exactly once, and the ordered log that every other house reads.</summary>
internal static class Program
{
    internal static readonly House House = new("ingestion", 5101, typeof(Program).Assembly);

    static Task<int> Main(string[] args) => House.RunAsync(args, Build);

    internal static WebApplication Build(string[] args)
    {
        var builder = House.CreateBuilder(args);
        builder.Services.AddHouseGrpc();
        builder.Services.AddCheckedOptions<IngestionOptions>("Ingestion");
        builder.Services.AddSingleton<Metrics>();
        builder.Services.AddSingleton(services => new LogStore(services.GetRequiredService<Database>(), Options(services).Partitions, new KeyLimits(Options(services).KeySetMax, Options(services).KeyFilterBits), new LinkLimits(Options(services).AnonymousIdsMax, Options(services).EmailsMax, Options(services).ExternalIdsMax)));
        builder.Services.AddSingleton(services => new AppendQueue(Options(services).QueueEventsMax, Options(services).QueueBytesMax));
        builder.Services.AddSingleton<ShopStore>();
        builder.Services.AddSingleton<IdentityStore>();
        builder.Services.AddSingleton<ImportStore>();
        builder.Services.AddSingleton(services => new ImportTurns(services.GetRequiredService<AppendQueue>(), Options(services).ImportSharePercent));
        builder.Services.AddSingleton<ErasureStore>();
        builder.Services.AddSingleton<Eraser>();
        builder.Services.AddSingleton<LowMarks>();
        builder.Services.AddSingleton<ReaderStore>();
        builder.Services.AddSingleton<RetentionStore>();
        builder.Services.AddSingleton<QuarantineStore>();
        builder.Services.AddHostedService<Appender>();
        builder.Services.AddHostedService<HeadWatch>();
        builder.Services.AddHostedService<KeyTidying>();
        builder.Services.AddHostedService<ReattributionWorker>();
        builder.Services.AddHostedService<ErasureWatch>();
        builder.Services.AddHostedService<ReaderWatch>();
        builder.Services.AddHostedService<Retention>();
        var app = builder.Build();
        app.MapHouse<IngestionApi>();
        FeedApi.Map(app);
        return app;
    }

    static IngestionOptions Options(IServiceProvider services) => services.GetRequiredService<IOptions<IngestionOptions>>().Value;
}
