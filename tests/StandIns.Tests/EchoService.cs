using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;

namespace Perennial.StandIns.Tests;

/// <summary>What a server saw of the calls it got.</summary>
sealed class Seen
{
    internal ConcurrentQueue<SeenCall> Calls { get; } = new();

    /// <summary>Raw <c>grpc-*</c> headers of each request, which the server keeps from its services, and the encoding of its response.</summary>
    internal ConcurrentQueue<IReadOnlyDictionary<string, string>> Protocol { get; } = new();

    /// <summary>Completes when a hanging call learned that it was cancelled.</summary>
    internal TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a call began to hang.</summary>
    internal TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many calls fail with UNAVAILABLE before one succeeds.</summary>
    internal int Failures { get; set; }

    /// <summary>Status that a service sets without throwing.</summary>
    internal Status? QuietStatus { get; set; }

    /// <summary>Write options that a service sets on its answers.</summary>
    internal WriteOptions? Answers { get; set; }
}

/// <summary>A context as its call saw it: once the call is over it may not be asked any more.</summary>
sealed record SeenCall(string Method, string Host, string Address, DateTime Deadline, AuthContext Peer, int States);

/// <summary>echo.proto, as described there.</summary>
sealed class EchoService(Seen seen) : Echo.EchoBase
{
    public override async Task<EchoResponse> Unary(EchoRequest request, ServerCallContext context)
    {
        await BeginAsync(context);
        return End(context, new EchoResponse { Text = request.Text });
    }

    public override async Task ServerStream(EchoRequest request, IServerStreamWriter<EchoResponse> responseStream, ServerCallContext context)
    {
        await BeginAsync(context);
        for (var i = 0; i < request.Repeat; i++)
        {
            // The second of every two goes as it is where the test asked for that.
            responseStream.WriteOptions = i % 2 == 0 ? null : seen.Answers;
            await responseStream.WriteAsync(new EchoResponse { Text = string.Create(CultureInfo.InvariantCulture, $"{request.Text} {i}") }, context.CancellationToken);
        }
        End(context, request);
    }

    public override async Task<EchoResponse> ClientStream(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        await BeginAsync(context);
        var texts = new List<string>();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken)) texts.Add(request.Text);
        return End(context, new EchoResponse { Text = string.Join(',', texts) });
    }

    public override async Task Duplex(IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoResponse> responseStream, ServerCallContext context)
    {
        await BeginAsync(context);
        while (await requestStream.MoveNext(context.CancellationToken))
            await responseStream.WriteAsync(new EchoResponse { Text = requestStream.Current.Text }, context.CancellationToken);
        End(context, responseStream);
    }

    async Task BeginAsync(ServerCallContext context)
    {
        seen.Calls.Enqueue(new SeenCall(context.Method, context.Host, context.Peer, context.Deadline, context.AuthContext, context.UserState.Count));
        if (seen.Calls.Count <= seen.Failures) throw new RpcException(new Status(StatusCode.Unavailable, "not yet"));
        if (seen.Answers is not null) context.WriteOptions = seen.Answers;
        var headers = new Metadata();
        foreach (var entry in context.RequestHeaders)
        {
            if (entry.Key.StartsWith("echo-", StringComparison.Ordinal)) headers.Add(entry);
            if (entry.Key.StartsWith("trail-", StringComparison.Ordinal)) context.ResponseTrailers.Add(entry);
        }
        if (headers.Count > 0) await context.WriteResponseHeadersAsync(headers);
        if (context.RequestHeaders.Get("hang") is not null) await HangAsync(context);
    }

    // Not for ever: a cancellation that never comes is to fail a test, not to hold it.
    async Task HangAsync(ServerCallContext context)
    {
        seen.Hanging.TrySetResult();
        await Task.Delay(TimeSpan.FromSeconds(20), context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!context.CancellationToken.IsCancellationRequested) return;
        seen.Cancelled.TrySetResult();
        context.CancellationToken.ThrowIfCancellationRequested();
    }

    T End<T>(ServerCallContext context, T answer)
    {
        if (seen.QuietStatus is { } status) context.Status = status;
        return context.RequestHeaders.GetValue("fail-code") switch
        {
            null => answer,
            "fault" => throw new InvalidOperationException("a fault"),
            var code => throw new RpcException(new Status((StatusCode)int.Parse(code, CultureInfo.InvariantCulture), context.RequestHeaders.GetValue("fail-detail") ?? "")),
        };
    }
}
