using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace Perennial.StandIns.Tests;

public sealed class RetryTests : IAsyncLifetime
{
    EchoServer _server = null!;

    public static TheoryData<MethodType> Kinds => EchoCalls.Kinds;

    public async ValueTask InitializeAsync() => _server = await EchoServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory, MemberData(nameof(Kinds))]
    public async Task Tries_again_as_the_service_config_says(MethodType kind)
    {
        _server.Seen.Failures = 2;

        var outcome = await Client(Retries(StatusCode.Unavailable)).RunAsync(kind, Options());

        Assert.Equal(EchoCalls.Expected(kind), outcome.Texts);
        Assert.Equal([null, "1", "2"], _server.Seen.Protocol.Select(headers => headers.GetValueOrDefault("grpc-previous-rpc-attempts")));
    }

    [Fact]
    public async Task Gives_up_after_the_last_attempt()
    {
        _server.Seen.Failures = 9;

        var error = await Assert.ThrowsAsync<RpcException>(() => Client(Retries(StatusCode.Unavailable)).RunAsync(MethodType.Unary, Options()));

        Assert.Equal((StatusCode.Unavailable, "not yet"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(4, _server.Seen.Calls.Count);
    }

    [Fact]
    public async Task Does_not_try_again_after_another_status()
    {
        _server.Seen.Failures = 1;

        await Assert.ThrowsAsync<RpcException>(() => Client(Retries(StatusCode.Aborted)).RunAsync(MethodType.Unary, Options()));

        Assert.Single(_server.Seen.Calls);
    }

    [Fact]
    public async Task Hedges_as_the_service_config_says()
    {
        _server.Seen.Failures = 2;
        var hedging = new MethodConfig
        {
            Names = { new MethodName { Service = "perennial.standins.v1.Echo", Method = "Unary" } },
            HedgingPolicy = new HedgingPolicy { MaxAttempts = 3, HedgingDelay = TimeSpan.Zero, NonFatalStatusCodes = { StatusCode.Unavailable } },
        };

        var outcome = await Client(hedging).RunAsync(MethodType.Unary, Options());

        Assert.Equal(["a"], outcome.Texts);
    }

    Echo.EchoClient Client(MethodConfig config) => new(_server.Channel(channel => channel.ServiceConfig = new ServiceConfig { MethodConfigs = { config } }));

    static MethodConfig Retries(StatusCode status) => new()
    {
        Names = { MethodName.Default },
        RetryPolicy = new RetryPolicy
        {
            MaxAttempts = 4,
            InitialBackoff = TimeSpan.FromMilliseconds(1),
            MaxBackoff = TimeSpan.FromMilliseconds(2),
            BackoffMultiplier = 1.5,
            RetryableStatusCodes = { status },
        },
    };

    static CallOptions Options() => new(cancellationToken: TestContext.Current.CancellationToken);
}
