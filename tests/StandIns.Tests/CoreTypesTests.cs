using System.IO.Compression;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Compression;

namespace Perennial.StandIns.Tests;

/// <summary>What application and test code relies on without a server: each fact was observed on the upstream assemblies.</summary>
public sealed class CoreTypesTests
{
    static readonly Marshaller<string> Text = Marshallers.StringMarshaller;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_status_describes_itself()
    {
        Assert.Equal("Status(StatusCode=\"NotFound\", Detail=\"gone\")", new Status(StatusCode.NotFound, "gone").ToString());
        Assert.Equal("Status(StatusCode=\"NotFound\", Detail=\"gone\", DebugException=\"System.FormatException: why\")", new Status(StatusCode.NotFound, "gone", new FormatException("why")).ToString());
        Assert.Equal(new Status(StatusCode.OK, ""), Status.DefaultSuccess);
        Assert.Equal(new Status(StatusCode.Cancelled, ""), Status.DefaultCancelled);
    }

    [Fact]
    public void An_error_carries_status_trailers_and_cause()
    {
        var cause = new FormatException("why");
        var error = new RpcException(new Status(StatusCode.Aborted, "q", cause));

        Assert.Equal((StatusCode.Aborted, "q"), (error.StatusCode, error.Status.Detail));
        Assert.Same(cause, error.InnerException);
        Assert.Same(Metadata.Empty, error.Trailers);
        Assert.Equal(error.Status.ToString(), error.Message);
        Assert.Equal("mm", new RpcException(new Status(StatusCode.Aborted, "q"), "mm").Message);
        Assert.Throws<ArgumentNullException>(() => new RpcException(Status.DefaultCancelled, (Metadata)null!));
    }

    [Fact]
    public void Options_of_a_call_do_not_change_under_the_caller()
    {
        var none = new CallOptions();
        var headers = new Metadata();

        var all = none.WithHeaders(headers).WithDeadline(DateTime.UnixEpoch).WithCancellationToken(Cancellation).WithWriteOptions(WriteOptions.Default).WithWaitForReady();

        Assert.Equal((null, null, default, null, false), (none.Headers, none.Deadline, none.CancellationToken, none.WriteOptions, none.IsWaitForReady));
        Assert.Equal((headers, DateTime.UnixEpoch, Cancellation, WriteOptions.Default, true), (all.Headers, all.Deadline!.Value, all.CancellationToken, all.WriteOptions, all.IsWaitForReady));
    }

    [Fact]
    public void A_method_knows_its_full_name()
    {
        Assert.Equal("/pkg.Svc/Do", new Method<string, string>(MethodType.Unary, "pkg.Svc", "Do", Text, Text).FullName);
        Assert.Throws<ArgumentNullException>(() => new Method<string, string>(MethodType.Unary, "pkg.Svc", null!, Text, Text));
    }

    [Fact]
    public void A_simple_marshaller_works_in_a_context_and_not_the_other_way_round()
    {
        var context = new Serialized();
        Text.ContextualSerializer("hé", context);
        var contextual = Marshallers.Create<string>((_, _) => { }, _ => "");

        Assert.Equal("hé"u8.ToArray(), context.Payload);
        Assert.Equal("hé", Text.Deserializer(Text.Serializer("hé")));
        Assert.Throws<NotImplementedException>(() => contextual.Serializer("x"));
        Assert.Throws<NotImplementedException>(() => contextual.Deserializer([]));
        Assert.Throws<NotImplementedException>(() => new Serialized().GetBufferWriter());
    }

    [Fact]
    public void A_service_definition_binds_its_methods_in_order_and_each_once()
    {
        var one = new Method<string, string>(MethodType.Unary, "s", "one", Text, Text);
        var two = new Method<string, string>(MethodType.DuplexStreaming, "s", "two", Text, Text);
        var builder = ServerServiceDefinition.CreateBuilder()
            .AddMethod(one, (request, _) => Task.FromResult(request))
            .AddMethod(two, (IAsyncStreamReader<string> _, IServerStreamWriter<string> _, ServerCallContext _) => Task.CompletedTask);
        var bound = new Bound();

        builder.Build().BindService(bound);

        Assert.Equal(["Unary one", "Duplex two"], bound.Names);
        Assert.Throws<ArgumentException>(() => builder.AddMethod(one, (request, _) => Task.FromResult(request)));
        Assert.Throws<NotImplementedException>(() => new ServiceBinderBase().AddMethod(one, (request, _) => Task.FromResult(request)));
    }

    [Fact]
    public void Only_several_credentials_can_be_composed()
    {
        var one = CallCredentials.FromInterceptor((_, _) => Task.CompletedTask);

        Assert.Throws<ArgumentException>(() => CallCredentials.Compose(one));
        Assert.Throws<ArgumentException>(() => CallCredentials.Compose());
        Assert.NotNull(CallCredentials.Compose(one, one));
        Assert.Throws<ArgumentNullException>(() => ChannelCredentials.Create(ChannelCredentials.SecureSsl, null!));
        Assert.Throws<ArgumentNullException>(() => new KeyCertificatePair("chain", null!));
    }

    [Fact]
    public async Task A_stream_can_be_read_as_a_sequence()
    {
        Assert.Equal(["a", "b"], await new Items("a", "b").ReadAllAsync(Cancellation).ToListAsync(Cancellation));
        Assert.Throws<ArgumentNullException>(() => ((IAsyncStreamReader<string>)null!).ReadAllAsync(Cancellation));
        Assert.True(await new Items("a").MoveNext());

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await new Items("a").ReadAllAsync(CancellationToken.None).WithCancellation(cancelled.Token).GetAsyncEnumerator().MoveNextAsync());
    }

    [Fact]
    public async Task A_writer_that_cannot_cancel_says_so()
    {
        var writer = new Writes();
        IAsyncStreamWriter<string> stream = writer;

        await stream.WriteAsync("a", CancellationToken.None);
        await Assert.ThrowsAsync<NotSupportedException>(() => stream.WriteAsync("b", Cancellation));

        Assert.Equal(["a"], writer.Written);
    }

    [Fact]
    public async Task A_call_can_be_made_for_a_test_double()
    {
        var disposed = false;
        using (var call = new AsyncUnaryCall<string>(Task.FromResult("r"), Task.FromResult(Metadata.Empty), () => Status.DefaultSuccess, () => new Metadata { { "t", "1" } }, () => disposed = true))
        {
            Assert.Equal("r", await call);
            Assert.Equal("r", await call.ConfigureAwait(false));
            Assert.Empty(await call.ResponseHeadersAsync);
            Assert.Equal("1", call.GetTrailers().GetValue("t"));
            Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        }
        Assert.True(disposed);
    }

    [Fact]
    public void A_client_without_a_channel_is_a_shell_for_tests()
        => Assert.Throws<NotImplementedException>(() => new Shell().Ask());

    [Fact]
    public async Task A_client_can_be_told_the_host()
    {
        await using var server = await EchoServer.StartAsync();
        var hosts = new Hosts();
        var client = new Echo.EchoClient(server.Channel().Intercept(hosts));

        client.WithHost("shop.example").Unary(new EchoRequest(), cancellationToken: Cancellation);
        client.Unary(new EchoRequest(), cancellationToken: Cancellation);

        Assert.Equal(["shop.example", null], hosts.Seen);
    }

    [Fact]
    public void There_is_nothing_to_intercept_without_an_interceptor()
        => Assert.Throws<ArgumentNullException>(() => ((CallInvoker)null!).Intercept(headers => headers));

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public void What_was_compressed_can_be_read_again(string encoding)
    {
        ICompressionProvider provider = encoding == "gzip" ? new GzipCompressionProvider(CompressionLevel.Fastest) : new DeflateCompressionProvider(CompressionLevel.Fastest);
        using var bytes = new MemoryStream();

        using (var compressed = provider.CreateCompressionStream(bytes, null)) compressed.Write(new byte[1000]);
        bytes.Position = 0;
        using var plain = provider.CreateDecompressionStream(bytes);

        Assert.Equal(encoding, provider.EncodingName);
        Assert.InRange(bytes.Length, 1, 100);
        Assert.Equal(1000, plain.ReadAtLeast(new byte[2000], 2000, throwOnEndOfStream: false));
    }

    sealed class Hosts : Interceptor
    {
        internal List<string?> Seen { get; } = [];

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Seen.Add(context.Host);
            return continuation(request, context);
        }
    }

    sealed class Serialized : SerializationContext
    {
        internal byte[] Payload { get; private set; } = [];

        public override void Complete(byte[] payload) => Payload = payload;
    }

    sealed class Bound : ServiceBinderBase
    {
        internal List<string> Names { get; } = [];

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => Names.Add("Unary " + method.Name);

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => Names.Add("Duplex " + method.Name);
    }

    sealed class Items(params string[] items) : IAsyncStreamReader<string>
    {
        int _next = -1;

        public string Current => items[_next];

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult(++_next < items.Length);
        }
    }

    sealed class Writes : IAsyncStreamWriter<string>
    {
        internal List<string> Written { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(string message)
        {
            Written.Add(message);
            return Task.CompletedTask;
        }
    }

    sealed class Shell : ClientBase
    {
        internal string Ask() => CallInvoker.BlockingUnaryCall(new Method<string, string>(MethodType.Unary, "s", "m", Text, Text), null, default, "");
    }
}
