using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Perennial.Gateway.Access;

namespace Perennial.Gateway.Transcoding;

/// <summary>
/// Every RPC with a google.api.http annotation, as JSON. Answers are ProtoJSON with default values written out, so that a reader sees
/// zeros and empty lists rather than their absence. A stream is NDJSON: one message a line; a failure in its middle is a last
/// line <c>{"error": problem}</c>, since the status is spoken by then.
/// </summary>
internal sealed class JsonDoor(Houses houses, Bodies bodies)
{
    internal const string Json = "application/json";
    internal const string NdJson = "application/x-ndjson";

    static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    static readonly ConcurrentDictionary<MethodDescriptor, Method<IMessage, IMessage>> Methods = new();

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var route in Houses.Services.SelectMany(JsonRoute.Of))
            routes.MapMethods(route.Path.RoutePattern, [route.Verb], context => route.Method.IsServerStreaming ? StreamAsync(context, route) : UnaryAsync(context, route));
    }

    async Task UnaryAsync(HttpContext context, JsonRoute route)
    {
        var request = await route.ReadAsync(context, bodies);
        using var call = houses.To(route.Method.Service).AsyncUnaryCall(Describe(route.Method), null, houses.Unary(context.Caller(), context.RequestAborted), request);
        IMessage answer;
        try
        {
            answer = await call;
        }
        catch (RpcException e)
        {
            throw houses.Judge(e, route.Method.FullName, context.Request.Path);
        }
        var json = Encoding.UTF8.GetBytes(Formatter.Format(answer));
        context.Response.ContentType = Json;
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }

    async Task StreamAsync(HttpContext context, JsonRoute route)
    {
        var request = await route.ReadAsync(context, bodies);
        using var call = houses.To(route.Method.Service).AsyncServerStreamingCall(Describe(route.Method), null, Houses.Stream(context.Caller(), context.RequestAborted), request);
        var output = context.Response.BodyWriter;
        try
        {
            for (var more = await call.ResponseStream.MoveNext(context.RequestAborted); more;)
            {
                context.Response.ContentType ??= NdJson;
                WriteLine(output, Formatter.Format(call.ResponseStream.Current));
                var next = call.ResponseStream.MoveNext(context.RequestAborted);
                // Lines that are there together travel together; what would wait is sent now.
                if (!next.IsCompleted || output.UnflushedBytes > 64 * 1024) await output.FlushAsync(context.RequestAborted);
                more = await next;
            }
            context.Response.ContentType ??= NdJson;
        }
        catch (RpcException e) when (!context.RequestAborted.IsCancellationRequested)
        {
            var error = houses.Judge(e, route.Method.FullName, context.Request.Path);
            if (context.Response.ContentType is null) throw error;
            WriteLine(output, LastLine(error, context.Request.Path));
        }
        await output.FlushAsync(context.RequestAborted);
    }

    static string LastLine(RpcException error, string path)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Problem.Readable))
        {
            json.WriteStartObject();
            json.WritePropertyName("error");
            Problem.Of(error).Write(json, path);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static void WriteLine(IBufferWriter<byte> output, string line)
    {
        Encoding.UTF8.GetBytes(line, output);
        output.Write("\n"u8);
    }

    /// <summary>The call of any method, from its description alone.</summary>
    static Method<IMessage, IMessage> Describe(MethodDescriptor method) => Methods.GetOrAdd(method, static m => new Method<IMessage, IMessage>(
        m.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary, m.Service.FullName, m.Name, Marshal(m.InputType), Marshal(m.OutputType)));

    static Marshaller<IMessage> Marshal(MessageDescriptor type) => Marshallers.Create<IMessage>(
        (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => type.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}

internal static class JsonHosting
{
    public static void MapJson(this WebApplication app) => ActivatorUtilities.CreateInstance<JsonDoor>(app.Services).Map(app);
}
