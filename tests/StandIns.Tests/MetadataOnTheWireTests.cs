using Grpc.Core;

namespace Perennial.StandIns.Tests;

public sealed class MetadataOnTheWireTests : IAsyncLifetime
{
    static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    EchoServer _server = null!;

    public static TheoryData<MethodType> Kinds => EchoCalls.Kinds;

    public async ValueTask InitializeAsync() => _server = await EchoServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory, MemberData(nameof(Kinds))]
    public async Task Headers_and_trailers_travel_both_ways(MethodType kind)
    {
        var outcome = await RunAsync(kind, new Metadata
        {
            { "Echo-Text", "with = and , and ; in it" },
            { "echo-bytes-bin", AllBytes },
            { "trail-text", "last" },
            { "trail-bytes-bin", AllBytes },
        });

        Assert.Equal("with = and , and ; in it", outcome.Headers.GetValue("echo-text"));
        Assert.Equal(AllBytes, outcome.Headers.GetValueBytes("echo-bytes-bin"));
        Assert.Equal("last", outcome.Trailers.GetValue("trail-text"));
        Assert.Equal(AllBytes, outcome.Trailers.GetValueBytes("trail-bytes-bin"));
        Assert.Null(outcome.Headers.Get("trail-text"));
        Assert.Null(outcome.Trailers.Get("echo-text"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_failed_call_still_brings_its_trailers(MethodType kind)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => RunAsync(kind, new Metadata { { "fail-code", "5" }, { "trail-text", "last" }, { "trail-bytes-bin", AllBytes } }));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equal("last", error.Trailers.GetValue("trail-text"));
        Assert.Equal(AllBytes, error.Trailers.GetValueBytes("trail-bytes-bin"));
    }

    Task<Outcome> RunAsync(MethodType kind, Metadata headers)
        => _server.Client.RunAsync(kind, new CallOptions(headers, cancellationToken: TestContext.Current.CancellationToken));
}
