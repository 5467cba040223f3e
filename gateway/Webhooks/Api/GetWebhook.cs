namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>One webhook: what is registered, and how far it is. Never its secret.</summary>
    async Task GetWebhookAsync(HttpContext context, string shop, string webhook)
    {
        var found = await RequireAsync(new WebhookKey(shop, webhook), context.RequestAborted);
        var waiting = await letters.CountAsync(found.Key, context.RequestAborted);
        await AnswerAsync(context, json =>
        {
            WebhookJson.Write(json, found, Now, last.TextOf(found.Key, found.Progress.LastAttemptTime));
            json.WriteNumber("deadLetterCount", waiting);
        });
    }
}
