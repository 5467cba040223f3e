using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;
using Xunit;

namespace Perennial.Testing;

/// <summary>All that is recorded when it is asked for.</summary>
public static class WholeLog
{
    /// <summary>The events of each partition, by position.</summary>
    public static async Task<List<List<RecordedEvent>>> ReadPartitionsAsync(this IngestionService.IngestionServiceClient client, string shop = "", int pageSize = 0)
    {
        ArgumentNullException.ThrowIfNull(client);
        var cancel = TestContext.Current.CancellationToken;
        var partitions = new List<List<RecordedEvent>>();
        foreach (var partition in (await client.GetFeedHeadAsync(new GetFeedHeadRequest { Shop = shop }, cancellationToken: cancel)).Partitions)
        {
            using var call = client.ReadFeed(new ReadFeedRequest { Shop = shop, Partition = partition.Partition, PageSize = pageSize }, cancellationToken: cancel);
            partitions.Add(await call.ResponseStream.ReadAllAsync(cancel).SelectMany(page => page.Events).ToListAsync(cancel));
        }
        return partitions;
    }

    /// <summary>The events of customers, one partition after the other: without what announces shops.</summary>
    public static async Task<List<RecordedEvent>> ReadAllAsync(this IngestionService.IngestionServiceClient client, string shop = "", int pageSize = 0)
        => [.. (await ReadPartitionsAsync(client, shop, pageSize)).SelectMany(events => events).Where(e => e.Customer.Length > 0)];
}
