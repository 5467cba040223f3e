using Grpc.Core;

namespace Perennial.StandIns.Tests;

/// <summary>How a call ended, seen by its client.</summary>
sealed record Outcome(string[] Texts, Metadata Headers, Metadata Trailers, Status Status);

/// <summary>One call of any kind with the same options, so that a test can say what holds for all of them.</summary>
static class EchoCalls
{
    internal static TheoryData<MethodType> Kinds => [.. Enum.GetValues<MethodType>()];

    /// <summary>Sends "a", or "a" and "b" where the kind streams requests, and reads to the end.</summary>
    internal static Task<Outcome> RunAsync(this Echo.EchoClient client, MethodType kind, CallOptions options) => kind switch
    {
        MethodType.Unary => UnaryAsync(client, options),
        MethodType.ServerStreaming => ServerStreamAsync(client, options),
        MethodType.ClientStreaming => ClientStreamAsync(client, options),
        _ => DuplexAsync(client, options),
    };

    /// <summary>What <see cref="RunAsync"/> answers when all is well.</summary>
    internal static string[] Expected(MethodType kind) => kind switch
    {
        MethodType.Unary => ["a"],
        MethodType.ServerStreaming => ["a 0", "a 1"],
        MethodType.ClientStreaming => ["a,b"],
        _ => ["a", "b"],
    };

    static async Task<Outcome> UnaryAsync(Echo.EchoClient client, CallOptions options)
    {
        using var call = client.UnaryAsync(new EchoRequest { Text = "a" }, options);
        var response = await call;
        return new Outcome([response.Text], await call.ResponseHeadersAsync, call.GetTrailers(), call.GetStatus());
    }

    static async Task<Outcome> ServerStreamAsync(Echo.EchoClient client, CallOptions options)
    {
        using var call = client.ServerStream(new EchoRequest { Text = "a", Repeat = 2 }, options);
        var texts = await ReadAsync(call.ResponseStream);
        return new Outcome(texts, await call.ResponseHeadersAsync, call.GetTrailers(), call.GetStatus());
    }

    static async Task<Outcome> ClientStreamAsync(Echo.EchoClient client, CallOptions options)
    {
        using var call = client.ClientStream(options);
        await WriteAsync(call.RequestStream);
        var response = await call;
        return new Outcome([response.Text], await call.ResponseHeadersAsync, call.GetTrailers(), call.GetStatus());
    }

    static async Task<Outcome> DuplexAsync(Echo.EchoClient client, CallOptions options)
    {
        using var call = client.Duplex(options);
        await WriteAsync(call.RequestStream);
        var texts = await ReadAsync(call.ResponseStream);
        return new Outcome(texts, await call.ResponseHeadersAsync, call.GetTrailers(), call.GetStatus());
    }

    // The server may end a call before all is written; its status then says why, not the failed write.
    static async Task WriteAsync(IClientStreamWriter<EchoRequest> requests)
    {
        try
        {
            await requests.WriteAsync(new EchoRequest { Text = "a" });
            await requests.WriteAsync(new EchoRequest { Text = "b" });
            await requests.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
        }
    }

    static async Task<string[]> ReadAsync(IAsyncStreamReader<EchoResponse> responses)
    {
        var texts = new List<string>();
        await foreach (var response in responses.ReadAllAsync()) texts.Add(response.Text);
        return [.. texts];
    }
}
