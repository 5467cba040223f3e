using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Perennial.Sdks.Tests;

/// <summary>What goes wrong between an SDK and the gateway.</summary>
enum Fault
{
    None,
    /// <summary>503 instead of the gateway.</summary>
    Unavailable,
    /// <summary>429 with Retry-After instead of the gateway.</summary>
    TooMany,
    /// <summary>The connection is reset before the gateway heard of it.</summary>
    ResetBefore,
    /// <summary>The gateway stored it; the connection is reset instead of its answer.</summary>
    ResetAfter,
    /// <summary>The gateway stored it; a 503 takes the place of its answer.</summary>
    AnswerLost,
}

/// <summary>Stands before the gateway and spoils the first try of some requests, each kind of fault in turn.</summary>
sealed class FaultyProxy : IAsyncDisposable
{
    static readonly Fault[] Kinds = [Fault.ResetAfter, Fault.Unavailable, Fault.TooMany, Fault.ResetBefore, Fault.AnswerLost];

    readonly WebApplication _app;
    readonly Uri _gateway;
    readonly int _every;
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    readonly ConcurrentDictionary<string, byte> _seen = new();
    readonly ConcurrentDictionary<Fault, int> _faults = new();
    int _requests = -1;
    int _duplicates;

    FaultyProxy(WebApplication app, Uri gateway, int every) => (_app, _gateway, _every) = (app, gateway, every);

    public Uri Address => new(_app.Urls.Single());

    /// <summary>How often each fault was met.</summary>
    public IReadOnlyDictionary<Fault, int> Faults => _faults;

    /// <summary>Events that the gateway had stored before, by its own answers.</summary>
    public int Duplicates => _duplicates;

    /// <param name="every">One in so many requests meets a fault.</param>
    public static async Task<FaultyProxy> StartAsync(Uri gateway, int every)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var proxy = new FaultyProxy(app, gateway, every);
        app.Run(proxy.AnswerAsync);
        await app.StartAsync();
        return proxy;
    }

    async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var fault = Next(context.Request, body.ToArray());
        _faults.AddOrUpdate(fault, 1, (_, count) => count + 1);
        if (fault == Fault.ResetBefore)
        {
            Reset(context);
            return;
        }
        if (fault is Fault.Unavailable or Fault.TooMany)
        {
            Refuse(context, fault == Fault.TooMany ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable);
            return;
        }
        using var answer = await ForwardAsync(context.Request, body.ToArray());
        var text = await answer.Content.ReadAsByteArrayAsync();
        if (fault == Fault.ResetAfter) Reset(context);
        else if (fault == Fault.AnswerLost) Refuse(context, StatusCodes.Status503ServiceUnavailable);
        else await PassAsync(context, answer, text);
    }

    /// <summary>Only the first try of a request fails: the same event first in it is the same request.</summary>
    Fault Next(HttpRequest request, byte[] body)
    {
        if (!_seen.TryAdd(FirstMessage(request, body), 0)) return Fault.None;
        var number = Interlocked.Increment(ref _requests);
        return number % _every == 0 ? Kinds[number / _every % Kinds.Length] : Fault.None;
    }

    static string FirstMessage(HttpRequest request, byte[] body)
    {
        using Stream text = request.Headers.ContentEncoding == "gzip" ? new GZipStream(new MemoryStream(body), CompressionMode.Decompress) : new MemoryStream(body);
        using var json = JsonDocument.Parse(text);
        var first = json.RootElement.TryGetProperty("batch", out var batch) ? batch[0] : json.RootElement;
        return first.GetProperty("messageId").GetString()!;
    }

    async Task<HttpResponseMessage> ForwardAsync(HttpRequest request, byte[] body)
    {
        using var onward = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(_gateway, request.Path + request.QueryString)) { Content = new ByteArrayContent(body) };
        foreach (var (name, values) in request.Headers)
        {
            if (name is "Host" or "Connection" or "Content-Length" or "Transfer-Encoding") continue;
            if (!onward.Headers.TryAddWithoutValidation(name, values.AsEnumerable())) onward.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }
        return await _http.SendAsync(onward);
    }

    async Task PassAsync(HttpContext context, HttpResponseMessage answer, byte[] text)
    {
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            using var json = JsonDocument.Parse(text);
            Interlocked.Add(ref _duplicates, json.RootElement.GetProperty("duplicates").GetInt32());
        }
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        if (answer.Headers.RetryAfter is { } after) context.Response.Headers.RetryAfter = after.ToString();
        await context.Response.Body.WriteAsync(text);
    }

    static void Refuse(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = "1";
    }

    /// <summary>RST, not a polite end.</summary>
    static void Reset(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>() is { } connection) connection.Socket.LingerState = new LingerOption(true, 0);
        context.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }
}
