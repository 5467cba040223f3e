using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Access;
using Perennial.Gateway.V1;
using Perennial.Gateway.Webhooks.Storage;

namespace Perennial.Gateway.Webhooks.Api;

/// <summary>Management of a shop's webhooks, with a key of that shop: one file per route.</summary>
internal sealed partial class WebhookDoor(
    WebhookStore webhooks, DeadLetterStore letters, Transitions transitions, Sender sender, LastAttempts last, Deliveries deliveries, Bodies bodies, IOptions<WebhookOptions> options, TimeProvider clock)
{
    const int PageSizeDefault = 100;
    const int PageSizeMax = 1_000;

    DateTimeOffset Now => WebhookStore.WholeMillis(clock.GetUtcNow());

    public void Map(IEndpointRouteBuilder routes)
    {
        var all = routes.MapGroup("/v1/shops/{shop}/webhooks").AddEndpointFilter(CheckShopAsync);
        all.MapPost("", CreateWebhookAsync);
        all.MapGet("", ListWebhooksAsync);
        all.MapGet("/{webhook}", GetWebhookAsync);
        all.MapPatch("/{webhook}", UpdateWebhookAsync);
        all.MapDelete("/{webhook}", DeleteWebhookAsync);
        all.MapPost("/{webhook}:rotateSecret", RotateSecretAsync);
        all.MapPost("/{webhook}:test", TestWebhookAsync);
        all.MapGet("/{webhook}/deadLetters", ListDeadLettersAsync);
        all.MapPost("/{webhook}/deadLetters:redeliver", RedeliverDeadLettersAsync);
        all.MapPost("/{webhook}/deadLetters/{deadLetter}:redeliver", RedeliverDeadLetterAsync);
        all.MapPost("/{webhook}/deadLetters:purge", PurgeDeadLettersAsync);
        all.MapDelete("/{webhook}/deadLetters/{deadLetter}", DeleteDeadLetterAsync);
    }

    /// <summary>What the houses check of every request.</summary>
    static ValueTask<object?> CheckShopAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var (own, named) = (invocation.HttpContext.Caller().Shop, (string)invocation.HttpContext.Request.RouteValues["shop"]!);
        return own == named ? next(invocation) : throw Errors.Of(CommonErrorReason.ShopMismatch, $"This key belongs to shop '{own}', the request names '{named}'.", ("shop", named));
    }

    async Task<Webhook> RequireAsync(WebhookKey key, CancellationToken cancellation) => await webhooks.GetAsync(key, cancellation) ?? throw NotFound(key);

    static RpcException NotFound(WebhookKey key)
        => Errors.Of(GatewayErrorReason.WebhookNotFound, $"Shop '{key.Shop}' has no webhook '{key.Webhook}'; GET /v1/shops/{key.Shop}/webhooks lists those there are.", ("webhook", key.Webhook));

    static (int Size, string Token) Page(HttpRequest request)
    {
        var (text, size) = (Query(request, "pageSize", "page_size"), 0);
        if (text.Length > 0 && !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out size)) throw Errors.Invalid([("pageSize", $"must be a whole number, not '{text}'")]);
        return (Pages.Size(size, PageSizeDefault, PageSizeMax), Query(request, "pageToken", "page_token"));
    }

    /// <summary>By the ProtoJSON name or the other, as everywhere.</summary>
    static string Query(HttpRequest request, string name, string other) => (request.Query.TryGetValue(name, out var value) ? value : request.Query[other]).ToString();

    static async Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, Problem.Readable);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }
}
