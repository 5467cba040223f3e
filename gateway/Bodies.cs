using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway;

// Buffers and documents are registered with the response, which disposes them; the analyzer does not follow that.
#pragma warning disable CA2000

/// <summary>
/// Reads request bodies whole, decompressed and bounded twice: Kestrel bounds what arrives (<see cref="GatewayOptions.BodyBytesMax"/>),
/// this bounds what becomes of it (<see cref="GatewayOptions.DecompressedBytesMax"/>).
/// </summary>
internal sealed class Bodies(IOptions<GatewayOptions> options)
{
    const int FirstBytes = 16 * 1024;

    /// <summary>The body, without a byte order mark. Valid as long as the response.</summary>
    /// <exception cref="RpcException">REQUEST_TOO_LARGE; INVALID_ARGUMENT when it cannot be decompressed.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        var body = new Body(Math.Max(FirstBytes, (int)Math.Min(request.ContentLength ?? 0, options.Value.DecompressedBytesMax) + 1));
        context.Response.RegisterForDispose(body);
        try
        {
            await using var content = Decompress(request);
            while (await content.ReadAsync(body.Free(), context.RequestAborted) is > 0 and var read)
            {
                body.Add(read);
                if (body.Length > options.Value.DecompressedBytesMax)
                    throw TooLarge("The decompressed request body", options.Value.DecompressedBytesMax, nameof(GatewayOptions.DecompressedBytesMax));
            }
            return body.Text;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            // Brotli says InvalidOperationException where the others say InvalidDataException.
            throw Errors.Invalid([("", $"the body is not what Content-Encoding {request.Headers.ContentEncoding} says")]);
        }
    }

    /// <summary>The body as JSON, whatever the content type says: SDKs send JSON as text/plain, as a form, or as nothing. Valid as long as the response.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT with line and byte when it is not JSON; REQUEST_TOO_LARGE.</exception>
    public async Task<JsonElement> ReadJsonAsync(HttpContext context)
    {
        return Parse(context, await ReadAsync(context));
    }

    /// <summary>A body that was read, as JSON. Valid as long as the response.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT with line and byte when it is not JSON.</exception>
    public static JsonElement Parse(HttpContext context, ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body);
            context.Response.RegisterForDispose(document);
            return document.RootElement;
        }
        catch (JsonException e)
        {
            throw Errors.Invalid([("", body.IsEmpty ? "the body is empty; send a JSON object" : $"the body is not JSON: {e.Message}")]);
        }
    }

    internal static RpcException TooLarge(string what, long limit, string option)
        => Errors.Of(CommonErrorReason.RequestTooLarge, $"{what} is larger than {limit} bytes; send it in parts.", ("limit", "Gateway:" + option), ("limit_bytes", limit.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    static Stream Decompress(HttpRequest request) => request.Headers.ContentEncoding.ToString().ToLowerInvariant() switch
    {
        "" or "identity" => request.Body,
        "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
        "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
        "br" => new BrotliStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
        var other => throw Errors.Invalid([("", $"Content-Encoding '{other}' is not known; use gzip, deflate, br or identity")]),
    };
}

/// <summary>A request body in a pooled, growing buffer.</summary>
internal sealed class Body(int capacity) : IDisposable
{
    static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    byte[] _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    ReadOnlyMemory<byte> Read => _buffer.AsMemory(0, Length);

    public int Length { get; private set; }

    /// <summary>All that was read, without a byte order mark. Valid until disposed.</summary>
    public ReadOnlyMemory<byte> Text => Read.Span.StartsWith(ByteOrderMark) ? Read[ByteOrderMark.Length..] : Read;

    /// <summary>Room for more, never empty.</summary>
    public Memory<byte> Free()
    {
        if (Length == _buffer.Length) Grow();
        return _buffer.AsMemory(Length);
    }

    public void Add(int read) => Length += read;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        Length = 0;
    }

    void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Read.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
