using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Perennial.AllInOne.Running;

namespace Perennial.AllInOne.Tests.Running;

/// <summary>A platform on a folder, with a shop and its key: what a partner sees of it.</summary>
internal sealed class TestPlatform : IAsyncDisposable
{
    public const string Shop = "test-shop";
    static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    readonly GrpcChannel _channel;

    TestPlatform(Platform platform, string key)
    {
        (Platform, Key) = (platform, key);
        Gateway = new GatewayClient(platform.Http, key);
        _channel = GrpcChannel.ForAddress(platform.Grpc);
    }

    public Platform Platform { get; }
    public string Key { get; }
    public GatewayClient Gateway { get; }

    public static async Task<TestPlatform> StartAsync(string data, string? connection = null)
    {
        var stop = TestContext.Current.CancellationToken;
        var platform = await Platform.StartAsync(new PlatformSettings { Data = data, Connection = connection ?? "", Now = Now, Port = 0, ChoosesPorts = true }, stop);
        await platform.EnsureShopAsync(Shop, "Europe/Amsterdam", "EUR", stop);
        return new TestPlatform(platform, await platform.CreateKeyAsync(Shop, "test", stop));
    }

    public CallInvoker Grpc(string? key = null) => _channel.Intercept(headers => [.. headers, new Metadata.Entry("authorization", "Bearer " + (key ?? Key))]);

    public Task<string> PostAsync(string path, string json) => Gateway.PostAsync(path, System.Text.Encoding.UTF8.GetBytes(json), TestContext.Current.CancellationToken);

    public Task CatchUpAsync() => new CatchUp(Gateway, Shop).WaitAsync(_ => { }, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        Gateway.Dispose();
        await Platform.DisposeAsync();
    }
}
