using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.AllInOne.Tests.Import;

/// <summary>What ended up in the log, read once the platform is down.</summary>
internal static class LogOf
{
    /// <summary>Every event of the shop, without what announces it.</summary>
    public static async Task<List<RecordedEvent>> ReadAsync(string data, string shop)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var house = await RunningHouse.StartAsync(Ingestion.Program.House, Ingestion.Program.Build, data);
        var client = new IngestionService.IngestionServiceClient(house.Invoker);
        var events = new List<RecordedEvent>();
        foreach (var partition in (await client.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: cancel)).Partitions)
        {
            using var call = client.ReadFeed(new ReadFeedRequest { Shop = shop, Partition = partition.Partition }, cancellationToken: cancel);
            await foreach (var page in call.ResponseStream.ReadAllAsync(cancel)) events.AddRange(page.Events.Where(e => e.Customer.Length > 0));
        }
        return events;
    }

    public static async Task<Perennial.Ingestion.V1.Import> ImportAsync(string data, string shop, string id)
    {
        await using var house = await RunningHouse.StartAsync(Ingestion.Program.House, Ingestion.Program.Build, data);
        return await new IngestionService.IngestionServiceClient(house.Invoker).GetImportAsync(new GetImportRequest { Shop = shop, ImportId = id }, cancellationToken: TestContext.Current.CancellationToken);
    }
}
