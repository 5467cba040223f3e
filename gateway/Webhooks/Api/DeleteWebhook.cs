namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>Removes a webhook with its dead letters; an attempt that is under way ends.</summary>
    async Task DeleteWebhookAsync(HttpContext context, string shop, string webhook)
    {
        var key = new WebhookKey(shop, webhook);
        if (!await webhooks.DeleteAsync(key, context.RequestAborted)) throw NotFound(key);
        deliveries.Wake();
        await AnswerAsync(context, _ => { });
    }
}
