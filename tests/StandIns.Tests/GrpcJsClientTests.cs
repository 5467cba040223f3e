using System.IO.Compression;
using System.Text.Json;
using Grpc.Core;

namespace Perennial.StandIns.Tests;

/// <summary>A gRPC stack that shares no code with ours calls our server. One run of it serves all facts.</summary>
public sealed class GrpcJsClientTests(GrpcJsClientTests.Run run) : IClassFixture<GrpcJsClientTests.Run>
{
    static readonly string AllBytes = Convert.ToHexStringLower([.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
    static readonly string Long = new('x', 10_000);

    /// <summary>What grpc-js saw of one call.</summary>
    public sealed record Call(string[] Texts, int Code, string Details, string? Header, string? HeaderBytes, string? Trailer, string? TrailerBytes);

    public static TheoryData<string> Kinds => ["Unary", "ServerStream", "ClientStream", "Duplex"];

    [Theory, MemberData(nameof(Kinds))]
    public async Task Every_kind_of_call_brings_messages_headers_and_trailers(string kind)
    {
        var call = await run.CallAsync("calls", kind);

        Assert.Equal(Texts(kind, "a", "b"), call.Texts);
        Assert.Equal((int)StatusCode.OK, call.Code);
        Assert.Equal(("first", AllBytes), (call.Header, call.HeaderBytes));
        Assert.Equal(("last", AllBytes), (call.Trailer, call.TrailerBytes));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Every_kind_of_call_can_fail_with_detail_and_trailers(string kind)
    {
        var call = await run.CallAsync("failures", kind);

        Assert.Equal(((int)StatusCode.FailedPrecondition, "100% later"), (call.Code, call.Details));
        Assert.Equal(("last", AllBytes), (call.Trailer, call.TrailerBytes));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_deadline_ends_the_call(string kind)
        => Assert.Equal((int)StatusCode.DeadlineExceeded, (await run.CallAsync("deadlines", kind)).Code);

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_cancellation_ends_the_call(string kind)
    {
        Assert.Equal((int)StatusCode.Cancelled, (await run.CallAsync("cancellations", kind)).Code);
        await run.CancelledAsync();
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Compressed_messages_are_read_on_both_sides(string kind)
    {
        var call = await run.CallAsync("zipped", kind);

        Assert.Equal(Texts(kind, Long, Long), call.Texts);
        // Both directions, on the wire.
        Assert.Contains(await run.ProtocolAsync(), headers => headers.GetValueOrDefault("grpc-encoding") == "gzip" && headers.GetValueOrDefault("response grpc-encoding") == "gzip");
    }

    static string[] Texts(string kind, string first, string second) => kind switch
    {
        "Unary" => [first],
        "ServerStream" => [first + " 0", first + " 1"],
        "ClientStream" => [$"{first},{second}"],
        _ => [first, second],
    };

    public sealed class Run : IAsyncDisposable
    {
        readonly Lazy<Task<Dictionary<string, Dictionary<string, Call>>>> _seen;
        EchoServer? _server;

        public Run() => _seen = new(RunAsync);

        internal async Task<Call> CallAsync(string what, string kind) => (await _seen.Value)[what][kind];

        internal async Task<IReadOnlyCollection<IReadOnlyDictionary<string, string>>> ProtocolAsync()
        {
            await _seen.Value;
            return _server!.Seen.Protocol;
        }

        /// <summary>Completes when the server learned that a call was given up.</summary>
        internal Task CancelledAsync() => _server!.Seen.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        async Task<Dictionary<string, Dictionary<string, Call>>> RunAsync()
        {
            _server = await EchoServer.StartAsync(grpc => (grpc.ResponseCompressionAlgorithm, grpc.ResponseCompressionLevel) = ("gzip", CompressionLevel.Fastest));
            await using var node = Node.StartOrSkip("client.mjs", _server.Uri.Authority);
            return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, Call>>>(await node.LineAsync(), JsonSerializerOptions.Web)!;
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null) await _server.DisposeAsync();
        }
    }
}
