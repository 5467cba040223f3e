using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Running;

/// <summary>What any partner's program does: HTTP with the shop's API key.</summary>
internal sealed partial class GatewayClient : IDisposable
{
    const int TriesMax = 8;
    static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);
    static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    readonly HttpClient _http;

    public GatewayClient(Uri address, string key)
    {
        Address = address;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = !address.IsLoopback, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
    }

    public Uri Address { get; }

    /// <exception cref="StartException">When it is refused or cannot be reached, with the gateway's own words.</exception>
    public async Task<T> GetAsync<T>(string path, CancellationToken cancellation) where T : IMessage<T>, new()
        => Parser.Parse<T>(await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, new Uri(Address, path)), cancellation));

    /// <summary>Posts a JSON document and answers the JSON that comes back. Retried where a retry can help: what is sent must be idempotent.</summary>
    /// <exception cref="StartException">When it is refused or cannot be reached, with the gateway's own words.</exception>
    public Task<string> PostAsync(string path, ReadOnlyMemory<byte> json, CancellationToken cancellation) => SendAsync(() => new HttpRequestMessage(HttpMethod.Post, new Uri(Address, path))
    {
        Content = new ReadOnlyMemoryContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
    }, cancellation);

    /// <summary>Calls a method that takes nothing but its path.</summary>
    /// <exception cref="StartException">When it is refused or cannot be reached, with the gateway's own words.</exception>
    public async Task<T> PostAsync<T>(string path, CancellationToken cancellation) where T : IMessage<T>, new() => Parser.Parse<T>(await PostAsync(path, "{}"u8.ToArray(), cancellation));

    /// <summary>Where this gateway speaks gRPC: where its answer says, or with TLS on the same port. Null where no gateway answers JSON.</summary>
    /// <exception cref="StartException">When nothing answers.</exception>
    public async Task<Uri?> FindGrpcAsync(CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(Address, "/healthz"), cancellation);
            if (response.Headers.TryGetValues("Alt-Svc", out var services) && AltSvc().Match(string.Join(',', services)) is { Success: true } match)
                return new UriBuilder(Address) { Port = int.Parse(match.ValueSpan["h2c=\":".Length..^1], NumberStyles.None, CultureInfo.InvariantCulture), Path = "/" }.Uri;
            return response.IsSuccessStatusCode && Address.Scheme == Uri.UriSchemeHttps ? Address : null;
        }
        catch (HttpRequestException e) when (e.HttpRequestError is not (HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError))
        {
            throw new StartException($"no answer from the gateway at {Address}: {e.Message}", e);
        }
        catch (HttpRequestException)
        {
            // What answers speaks no HTTP/1.1.
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    async Task<string> SendAsync(Func<HttpRequestMessage> create, CancellationToken cancellation)
    {
        for (var tried = 1; ; tried++)
        {
            TimeSpan? asked = null;
            try
            {
                using var request = create();
                using var response = await _http.SendAsync(request, cancellation);
                var body = await response.Content.ReadAsStringAsync(cancellation);
                if (response.IsSuccessStatusCode) return body;
                if (tried == TriesMax || !IsTransient(response.StatusCode)) throw new StartException($"the gateway refused {request.RequestUri!.AbsolutePath}: {Explain(response.StatusCode, body)}");
                asked = response.Headers.RetryAfter?.Delta;
            }
            catch (HttpRequestException e) when (tried == TriesMax || (tried > 2 && e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError))
            {
                throw new StartException($"no answer from the gateway at {Address}: {e.Message}", e);
            }
            catch (HttpRequestException)
            {
                // A connection that broke: the same request again.
            }
            catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
            {
                throw new StartException($"no answer from the gateway at {Address} within {_http.Timeout.TotalSeconds:F0} s.", e);
            }
            await Task.Delay(Pause(tried, asked), cancellation);
        }
    }

    static TimeSpan Pause(int tried, TimeSpan? asked)
    {
        var pause = asked ?? TimeSpan.FromMilliseconds(100 << Math.Min(tried, 8));
        return pause < PauseMax ? pause : PauseMax;
    }

    static bool IsTransient(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout;

    // problem+json says what is wrong in `detail`.
    static string Explain(HttpStatusCode status, string body)
    {
        var number = $"HTTP {(int)status}";
        try
        {
            using var problem = JsonDocument.Parse(body);
            foreach (var name in (string[])["detail", "title", "message"])
            {
                if (problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String) return $"{text.GetString()} ({number})";
            }
        }
        catch (JsonException)
        {
            // Not ours, some proxy's: the status must do.
        }
        return number;
    }

    // RFC 7838: the same host on another port.
    [GeneratedRegex("h2c=\":[0-9]{1,5}\"")]
    private static partial Regex AltSvc();
}
