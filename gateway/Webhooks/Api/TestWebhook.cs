namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>Sends one signed event of nobody, enabled or not, and answers what became of it. It is not tried again.</summary>
    async Task TestWebhookAsync(HttpContext context, string shop, string webhook)
    {
        var found = await RequireAsync(new WebhookKey(shop, webhook), context.RequestAborted);
        var ping = CloudEvent.OfPing(found.Key, Now);
        var attempt = await sender.SendAsync(found, ping, context.RequestAborted);
        await AnswerAsync(context, json =>
        {
            json.WriteString("id", ping.Id);
            json.WriteBoolean("delivered", attempt.Delivered);
            json.WriteNumber("status", attempt.Status);
            json.WriteString("failure", attempt.Failure);
            json.WriteString("text", attempt.Text);
            json.WriteNumber("durationMillis", (long)attempt.Duration.TotalMilliseconds);
        });
    }
}
