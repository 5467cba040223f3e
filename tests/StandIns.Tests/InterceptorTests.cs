using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Perennial.StandIns.Tests;

public sealed class InterceptorTests
{
    public static TheoryData<MethodType> Kinds => EchoCalls.Kinds;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_client_asks_its_interceptors_in_the_order_given(MethodType kind)
    {
        await using var server = await EchoServer.StartAsync();
        var log = new ConcurrentQueue<string>();
        var client = new Echo.EchoClient(server.Channel().Intercept(new Recorder("first", log), new Recorder("second", log)));

        var outcome = await client.RunAsync(kind, Options("trail-kept"));

        Assert.Equal(EchoCalls.Expected(kind), outcome.Texts);
        Assert.Equal("1", outcome.Trailers.GetValue("trail-kept"));
        Assert.Equal([$"first {kind}", $"second {kind}"], log);
    }

    [Fact]
    public async Task An_interceptor_put_around_another_is_asked_first()
    {
        await using var server = await EchoServer.StartAsync();
        var log = new ConcurrentQueue<string>();
        var client = new Echo.EchoClient(server.Channel().Intercept(new Recorder("inner", log)).Intercept(new Recorder("outer", log)));

        client.Unary(new EchoRequest(), Options());

        Assert.Equal(["outer Blocking", "inner Blocking"], log);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_server_asks_its_interceptors_in_the_order_given(MethodType kind)
    {
        var log = new ConcurrentQueue<string>();
        await using var server = await EchoServer.StartAsync(grpc =>
        {
            grpc.Interceptors.Add<Recorder>("first", log);
            grpc.Interceptors.Add<Recorder>("second", log);
        });

        var outcome = await server.Client.RunAsync(kind, Options());

        Assert.Equal(EchoCalls.Expected(kind), outcome.Texts);
        Assert.Equal([$"first {kind} served", $"second {kind} served"], log);
        Assert.Equal(["first", "second"], outcome.Trailers.GetAll("trail-seen").Select(entry => entry.Value).Order());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task An_interceptor_that_changes_nothing_needs_no_code(MethodType kind)
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.Interceptors.Add<Indifferent>());
        var client = new Echo.EchoClient(server.Channel().Intercept(new Indifferent()));

        Assert.Equal(EchoCalls.Expected(kind), (await client.RunAsync(kind, Options())).Texts);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Headers_can_be_added_to_every_call(MethodType kind)
    {
        await using var server = await EchoServer.StartAsync();
        var client = new Echo.EchoClient(server.Channel().Intercept(headers =>
        {
            headers.Add("trail-added", "yes");
            return headers;
        }));

        Assert.Equal("yes", (await client.RunAsync(kind, Options())).Trailers.GetValue("trail-added"));
    }

    [Fact]
    public async Task A_client_interceptor_can_change_the_answer()
    {
        await using var server = await EchoServer.StartAsync();
        var client = new Echo.EchoClient(server.Channel().Intercept(new Louder()));

        using var call = client.UnaryAsync(new EchoRequest { Text = "hello" }, Options("trail-kept"));

        Assert.Equal("HELLO", (await call).Text);
        Assert.Equal("1", call.GetTrailers().GetValue("trail-kept"));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_server_interceptor_can_refuse_a_call()
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.Interceptors.Add<Refusal>());

        var error = await Assert.ThrowsAsync<RpcException>(() => server.Client.RunAsync(MethodType.Unary, Options()));

        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
        Assert.Empty(server.Seen.Calls);
    }

    static CallOptions Options(params string[] flags)
    {
        var headers = new Metadata();
        foreach (var flag in flags) headers.Add(flag, "1");
        return new CallOptions(headers, cancellationToken: Cancellation);
    }

    sealed class Indifferent : Interceptor;

    sealed class Refusal : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
            => throw new RpcException(new Status(StatusCode.PermissionDenied, "no"));
    }

    sealed class Louder : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var call = continuation(request, context);
            return new AsyncUnaryCall<TResponse>(LouderAsync(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
        }

        static async Task<TResponse> LouderAsync<TResponse>(Task<TResponse> answer)
        {
            var response = await answer;
            if (response is EchoResponse echo) echo.Text = echo.Text.ToUpperInvariant();
            return response;
        }
    }

    /// <summary>Notes every call it sees, on either side.</summary>
    sealed class Recorder(string name, ConcurrentQueue<string> log) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Note("Blocking");
            return continuation(request, context);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Note(context.Method.Type.ToString());
            return continuation(request, context);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Note(context.Method.Type.ToString());
            return continuation(request, context);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Note(context.Method.Type.ToString());
            return continuation(context);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Note(context.Method.Type.ToString());
            return continuation(context);
        }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Served(MethodType.Unary, context);
            return continuation(request, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Served(MethodType.ServerStreaming, context);
            return continuation(request, responseStream, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Served(MethodType.ClientStreaming, context);
            return continuation(requestStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Served(MethodType.DuplexStreaming, context);
            return continuation(requestStream, responseStream, context);
        }

        void Served(MethodType kind, ServerCallContext context)
        {
            Note($"{kind} served");
            context.ResponseTrailers.Add("trail-seen", name);
        }

        void Note(string what) => log.Enqueue($"{name} {what}");
    }
}
