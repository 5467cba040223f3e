using Grpc.Core;
using Grpc.Net.Client;

namespace Perennial.StandIns.Tests;

/// <summary>Our client calls a gRPC server that shares no code with ours. One process of it serves all facts.</summary>
public sealed class GrpcJsServerTests(GrpcJsServerTests.Server server) : IClassFixture<GrpcJsServerTests.Server>
{
    static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    public static TheoryData<MethodType> Kinds => EchoCalls.Kinds;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Every_kind_of_call_brings_messages_headers_and_trailers(MethodType kind)
    {
        var outcome = await RunAsync(kind, Options());

        Assert.Equal(EchoCalls.Expected(kind), outcome.Texts);
        Assert.Equal(StatusCode.OK, outcome.Status.StatusCode);
        Assert.Equal("first", outcome.Headers.GetValue("echo-text"));
        Assert.Equal(AllBytes, outcome.Headers.GetValueBytes("echo-bytes-bin"));
        Assert.Equal("last", outcome.Trailers.GetValue("trail-text"));
        Assert.Equal(AllBytes, outcome.Trailers.GetValueBytes("trail-bytes-bin"));
        Assert.Equal("no", outcome.Trailers.GetValue("saw-deadline"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Every_kind_of_call_can_fail_with_detail_and_trailers(MethodType kind)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => RunAsync(kind, Options(("fail-code", "9"), ("fail-detail", "100% later"))));

        Assert.Equal((StatusCode.FailedPrecondition, "100% later"), (error.StatusCode, error.Status.Detail));
        Assert.Equal("last", error.Trailers.GetValue("trail-text"));
        Assert.Equal(AllBytes, error.Trailers.GetValueBytes("trail-bytes-bin"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_deadline_is_told_and_ends_the_call(MethodType kind)
    {
        var inTime = await RunAsync(kind, Options().WithDeadline(DateTime.UtcNow.AddMinutes(1)));
        var late = await Assert.ThrowsAsync<RpcException>(() => RunAsync(kind, Options(("hang", "1")).WithDeadline(DateTime.UtcNow.AddMilliseconds(150))));

        Assert.Equal("yes", inTime.Trailers.GetValue("saw-deadline"));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
    }

    [Fact]
    public async Task A_cancellation_ends_the_call()
    {
        using var leaving = new CancellationTokenSource();
        using var call = (await server.ClientAsync()).ServerStream(new EchoRequest(), Options(("hang", "1")).WithCancellationToken(leaving.Token));
        Assert.Equal("first", (await call.ResponseHeadersAsync).GetValue("echo-text"));

        await leaving.CancelAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancellation));

        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Compressed_requests_are_read(MethodType kind)
    {
        var outcome = await RunAsync(kind, Options(("grpc-internal-encoding-request", "gzip")));

        Assert.Equal(EchoCalls.Expected(kind), outcome.Texts);
    }

    [Fact]
    public async Task A_compressed_request_is_small_on_the_wire()
    {
        var text = new string('x', 10_000);
        using var tap = new WireTap();
        using var channel = GrpcChannel.ForAddress(await server.AddressAsync(), new GrpcChannelOptions { HttpHandler = tap });

        var answer = await new Echo.EchoClient(channel).UnaryAsync(new EchoRequest { Text = text }, Options(("grpc-internal-encoding-request", "gzip")));

        Assert.Equal(text, answer.Text);
        Assert.True(tap.Requests.Single() is { Compressed: true, Length: < 1000 });
    }

    async Task<Outcome> RunAsync(MethodType kind, CallOptions options) => await (await server.ClientAsync()).RunAsync(kind, options);

    static CallOptions Options(params (string Key, string Value)[] more)
    {
        var headers = new Metadata { { "echo-text", "first" }, { "echo-bytes-bin", AllBytes }, { "trail-text", "last" }, { "trail-bytes-bin", AllBytes } };
        foreach (var (key, value) in more) headers.Add(key, value);
        return new CallOptions(headers, cancellationToken: Cancellation);
    }

    public sealed class Server : IAsyncDisposable
    {
        readonly Lazy<Task<Uri>> _address;
        Node? _node;
        GrpcChannel? _channel;

        public Server() => _address = new(StartAsync);

        internal Task<Uri> AddressAsync() => _address.Value;

        internal async Task<Echo.EchoClient> ClientAsync()
        {
            var address = await _address.Value;
            return new Echo.EchoClient(_channel ??= GrpcChannel.ForAddress(address));
        }

        async Task<Uri> StartAsync()
        {
            _node = Node.StartOrSkip("server.mjs");
            return new Uri("http://127.0.0.1:" + await _node.LineAsync());
        }

        public async ValueTask DisposeAsync()
        {
            _channel?.Dispose();
            if (_node is not null) await _node.DisposeAsync();
        }
    }
}
