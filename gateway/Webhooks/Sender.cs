using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;
using Perennial.Gateway.Webhooks.Storage;

namespace Perennial.Gateway.Webhooks;

// The client owns its handler, and the stream its socket; the analyzer follows neither.
#pragma warning disable CA2000

/// <summary>Posts a signed event to a webhook, once. Whatever the receiver does is an <see cref="Attempt"/>, never an exception.</summary>
internal sealed class Sender : IDisposable
{
    public const string IdHeader = "webhook-id", TimestampHeader = "webhook-timestamp", SignatureHeader = "webhook-signature";
    const int AnswerBytesMax = 64 * 1024;
    const int TextBytesMax = 1024;

    readonly WebhookOptions _options;
    readonly TimeProvider _clock;
    readonly HttpClient _http;

    public Sender(IOptions<WebhookOptions> options, TimeProvider clock)
    {
        (_options, _clock) = (options.Value, clock);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            // A redirect, a proxy or a body that unpacks to gigabytes would go around what is checked here.
            AllowAutoRedirect = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = AnswerBytesMax,
            // A name that moved is asked for again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    public async Task<Attempt> SendAsync(Webhook webhook, CloudEvent message, CancellationToken cancellation)
    {
        var (now, started) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(_options.TimeoutSeconds), _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        Attempt Ended(int status, string failure) => new(WebhookStore.WholeMillis(now), status, failure, _clock.GetElapsedTime(started));
        using var request = Signed(webhook, message, now);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var text = await ReadAsync(response, either.Token);
            return Ended((int)response.StatusCode, response.IsSuccessStatusCode ? "" : Failures.Status) with { Text = text, RetryAfter = Asked(response.Headers.RetryAfter) };
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            return Ended(0, timeout.IsCancellationRequested ? Failures.Timeout : Failure(e));
        }
    }

    public void Dispose() => _http.Dispose();

    static HttpRequestMessage Signed(Webhook webhook, CloudEvent message, DateTimeOffset now)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(message.Json) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(CloudEvent.ContentType);
        request.Headers.UserAgent.ParseAdd("Perennial-Webhooks/1");
        request.Headers.Add(IdHeader, message.Id);
        request.Headers.Add(TimestampHeader, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(SignatureHeader, webhook.Secrets.Sign(message.Id, now, message.Json));
        return request;
    }

    /// <summary>The beginning of the body. The answer counts by its status, however its body ends.</summary>
    static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var (buffer, length) = (ArrayPool<byte>.Shared.Rent(AnswerBytesMax), 0);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            while (length < AnswerBytesMax && await body.ReadAsync(buffer.AsMemory(length, AnswerBytesMax - length), cancellation) is > 0 and var read) length += read;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // What came is kept.
        }
        var text = Encoding.UTF8.GetString(buffer, 0, Math.Min(length, TextBytesMax));
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    TimeSpan? Asked(RetryConditionHeaderValue? after) => after switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > _clock.GetUtcNow() => date - _clock.GetUtcNow(),
        _ => null,
    };

    static string Failure(Exception error) => error switch
    {
        HttpRequestException { InnerException: AddressRefusedException } => Failures.AddressRefused,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Failures.NameNotResolved,
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } } => Failures.NameNotResolved,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => Failures.ConnectionFailed,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Failures.TlsFailed,
        _ => Failures.BadAnswer,
    };

    /// <summary>Connects to an address that was looked at: between a check of the name and a connection to it, it could come to stand for another.</summary>
    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var found = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation);
        var allowed = _options.AllowPrivateAddresses ? found : [.. found.Where(Addresses.IsPublic)];
        if (allowed.Length == 0) throw new AddressRefusedException(context.DnsEndPoint.Host);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    sealed class AddressRefusedException(string host) : Exception($"'{host}' stands for no address of the public internet.");
}
