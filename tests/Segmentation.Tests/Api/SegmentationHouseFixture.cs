using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>One running house with a small shop, for all tests that only read.</summary>
public sealed class SegmentationHouseFixture : IAsyncLifetime
{
    internal SegmentationHouse House { get; private set; } = null!;

    internal SegmentationService.SegmentationServiceClient Client => House.Client;

    /// <summary>Message ids by order.</summary>
    internal Dictionary<string, string> Messages { get; } = [];

    public async ValueTask InitializeAsync()
    {
        House = await SegmentationHouse.StartAsync();
        House.Announce("tea", "Europe/London", "GBP");
        House.Announce("bare", "Europe/London", "GBP");
        House.Record("tea", "user:looks", "2024-02-01T10:00:00Z", Said.Visited());
        House.Record("tea", "user:once", "2024-01-10T10:00:00Z", Said.Ordered("o-1", 10));
        House.Record("tea", "user:loyal", "2023-12-24T08:00:00Z", Said.Visited());
        for (var n = 1; n <= 4; n++) Messages[$"l-{n}"] = House.Record("tea", "user:loyal", $"2024-0{n}-05T10:00:00Z", Said.Ordered($"l-{n}", 25.5m));
        House.Record("tea", "user:loyal", "2024-04-06T10:00:00Z", Said.Refunded("", 2));
        House.Record("tea", "anon:v1", "2024-03-01T10:00:00Z", Said.Ordered("a-1", 40));
        House.Record("tea", "user:gone", "2024-03-01T10:00:00Z", Said.Ordered("g-1", 40));
        House.Record("tea", "user:gone", "2024-03-02T10:00:00Z", Said.Cancelled("g-1"));
        await House.CatchUpAsync();
    }

    public ValueTask DisposeAsync() => House.DisposeAsync();

    /// <summary>The reason of a refusal and what goes with it.</summary>
    internal static async Task<ErrorReason> RefusalAsync<T>(AsyncUnaryCall<T> call, StatusCode code)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(code, error.StatusCode);
        return Errors.Reason(error)!;
    }

    /// <summary>The fields that a refusal names, sorted.</summary>
    internal static async Task<IEnumerable<string>> ViolationsAsync<T>(AsyncUnaryCall<T> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        return Errors.Detail<Google.Rpc.BadRequest>(Errors.Details(error))!.FieldViolations.Select(v => v.Field).Order(StringComparer.Ordinal);
    }
}
