using System.Globalization;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>Events that a webhook did not take, in the order of the feed, paged. What they say is in the feed, after the position before theirs.</summary>
    async Task ListDeadLettersAsync(HttpContext context, string shop, string webhook)
    {
        var (size, token) = Page(context.Request);
        var key = new WebhookKey(shop, webhook);
        await RequireAsync(key, context.RequestAborted);
        var after = Pages.Cursor(token, shop, webhook) is { } cursor ? long.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        var found = await letters.ListAsync(key, after, size + 1, context.RequestAborted);
        await AnswerAsync(context, json =>
        {
            json.WriteStartArray("deadLetters");
            foreach (var letter in found.Take(size))
            {
                json.WriteStartObject();
                WebhookJson.Write(json, letter);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteString("nextPageToken", found.Count > size ? Pages.Token(WebhookJson.Text(found[size - 1].Position), shop, webhook) : "");
        });
    }
}
