using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;

namespace Perennial.StandIns.Tests;

/// <summary>
/// Listens between the client and its connection: the client itself hides the headers of the protocol, and a compressed
/// message looks like any other once it is read. For calls whose responses end by themselves.
/// </summary>
sealed class WireTap() : DelegatingHandler(new SocketsHttpHandler())
{
    MemoryStream _request = new();
    byte[] _response = [];

    internal HttpRequestHeaders RequestHeaders { get; private set; } = null!;
    internal HttpResponseHeaders ResponseHeaders { get; private set; } = null!;

    /// <summary>Of every request message: whether its bytes are compressed, and how many they are.</summary>
    internal IReadOnlyList<(bool Compressed, int Length)> Requests => Messages(_request.ToArray());

    internal IReadOnlyList<(bool Compressed, int Length)> Responses => Messages(_response);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        RequestHeaders = request.Headers;
        _request = new MemoryStream();
        request.Content = new Copied(request.Content!, _request);
        var response = await base.SendAsync(request, cancellationToken);
        ResponseHeaders = response.Headers;
        _response = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var content = new ByteArrayContent(_response);
        content.Headers.ContentType = response.Content.Headers.ContentType;
        response.Content = content;
        return response;
    }

    // A flag, a length of four bytes, the message; again and again.
    static List<(bool Compressed, int Length)> Messages(ReadOnlySpan<byte> body)
    {
        var messages = new List<(bool, int)>();
        while (body.Length > 0)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(body[1..]);
            messages.Add((body[0] == 1, length));
            body = body[(5 + length)..];
        }
        return messages;
    }

    sealed class Copied : HttpContent
    {
        readonly HttpContent _content;
        readonly MemoryStream _copy;

        internal Copied(HttpContent content, MemoryStream copy)
        {
            _content = content;
            _copy = copy;
            foreach (var header in content.Headers) Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _content.CopyToAsync(new Both(stream, _copy), context);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    sealed class Both(Stream stream, MemoryStream copy) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Flush() => stream.Flush();
        public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);
        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count)
        {
            copy.Write(buffer, offset, count);
            stream.Write(buffer, offset, count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            copy.Write(buffer.Span);
            return stream.WriteAsync(buffer, cancellationToken);
        }
    }
}
