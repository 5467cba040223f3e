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
        await using var house = await RunningHouse.StartAsync(Ingestion.Program.House, Ingestion.Program.Build, data);
        return await new IngestionService.IngestionServiceClient(house.Invoker).ReadAllAsync(shop);
    }

    public static async Task<Perennial.Ingestion.V1.Import> ImportAsync(string data, string shop, string id)
    {
        await using var house = await RunningHouse.StartAsync(Ingestion.Program.House, Ingestion.Program.Build, data);
        return await new IngestionService.IngestionServiceClient(house.Invoker).GetImportAsync(new GetImportRequest { Shop = shop, ImportId = id }, cancellationToken: TestContext.Current.CancellationToken);
    }
}
