using Perennial.Foundation.Grpc;

namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>The webhooks of a shop by their ids, paged.</summary>
    async Task ListWebhooksAsync(HttpContext context, string shop)
    {
        var (size, token) = Page(context.Request);
        var found = await webhooks.ListAsync(shop, Pages.Cursor(token, shop) ?? "", size + 1, context.RequestAborted);
        await AnswerAsync(context, json =>
        {
            json.WriteStartArray("webhooks");
            foreach (var webhook in found.Take(size))
            {
                json.WriteStartObject();
                WebhookJson.Write(json, webhook, Now, last.TextOf(webhook.Key, webhook.Progress.LastAttemptTime));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteString("nextPageToken", found.Count > size ? Pages.Token(found[size - 1].Key.Webhook, shop) : "");
        });
    }
}
