using System.Globalization;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.V1;

namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>Has every dead letter tried once more, in the background.</summary>
    Task RedeliverDeadLettersAsync(HttpContext context, string shop, string webhook) => RedeliverAsync(context, new WebhookKey(shop, webhook), null);

    /// <summary>Has one dead letter tried once more, in the background.</summary>
    Task RedeliverDeadLetterAsync(HttpContext context, string shop, string webhook, string deadLetter) => RedeliverAsync(context, new WebhookKey(shop, webhook), deadLetter);

    /// <summary>What is taken is a dead letter no more; what is not stays one.</summary>
    async Task RedeliverAsync(HttpContext context, WebhookKey key, string? deadLetter)
    {
        if (await RequireAsync(key, context.RequestAborted) is { Enabled: false })
            throw Errors.Of(GatewayErrorReason.WebhookDisabled, $"Webhook '{key.Webhook}' is disabled; enable it with PATCH {{\"enabled\": true}} first.", ("webhook", key.Webhook));
        var marked = await letters.MarkAsync(key, Position(deadLetter), context.RequestAborted);
        if (deadLetter is not null && marked == 0) throw NoLetter(key, deadLetter);
        deliveries.Wake();
        await AnswerAsync(context, json => json.WriteNumber("redelivering", marked));
    }

    // What is no number is no position either.
    static long? Position(string? deadLetter) => deadLetter is null ? null : long.TryParse(deadLetter, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : -1;

    static Grpc.Core.RpcException NoLetter(WebhookKey key, string deadLetter)
        => Errors.Of(GatewayErrorReason.DeadLetterNotFound, $"Webhook '{key.Webhook}' has no dead letter '{deadLetter}'; it was delivered again, deleted, or never there.", ("dead_letter", deadLetter));
}
