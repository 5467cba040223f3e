using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Perennial.Testing;

namespace Perennial.Gateway.Tests.Webhooks;

/// <summary>A request as the receiver had it.</summary>
sealed record Received(string Path, string Id, string Timestamp, string Signature, string? ContentType, byte[] Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
    public string Subject => Json.GetProperty("subject").GetString()!;
}

/// <summary>Whom webhooks are sent to: any path, answers as the test wants them.</summary>
sealed class Receiver : IAsyncDisposable
{
    readonly WebApplication _app;

    Receiver(WebApplication app) => _app = app;

    public ConcurrentQueue<Received> All { get; } = new();

    /// <summary>What a request is answered; 204 unless a test says otherwise.</summary>
    public Func<Received, HttpContext, Task> Answer { get; set; } = (_, context) =>
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    };

    public string Url(string path = "/hook") => _app.Urls.Single() + path;

    public void AnswerWith(int status) => Answer = (_, context) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    public IReadOnlyList<string> Subjects(string path = "/hook") => [.. All.Where(r => r.Path == path).Select(r => r.Subject)];

    public Task HasAsync(int count, string path = "/hook") => Eventually.IsTrueAsync(() => Task.FromResult(All.Count(r => r.Path == path) >= count), $"{count} requests at {path}");

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers;
        var received = new Received(context.Request.Path, headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), context.Request.ContentType, body.ToArray());
        All.Enqueue(received);
        await Answer(received, context);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
