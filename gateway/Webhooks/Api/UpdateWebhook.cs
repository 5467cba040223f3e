namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>Changes what is named. What waits for a retry is tried at once: somebody mended something.</summary>
    async Task UpdateWebhookAsync(HttpContext context, string shop, string webhook)
    {
        var body = WebhookBody.Read(await bodies.ReadJsonAsync(context), creates: false, options.Value.AllowPrivateAddresses);
        var key = new WebhookKey(shop, webhook);
        await RequireAsync(key, context.RequestAborted);
        var position = body.AfterPosition is { } after ? await StartAsync(shop, after, context.RequestAborted) : (long?)null;
        var now = Now;
        var changed = await webhooks.UpdateAsync(key, before => Apply(before, body, now), restart: true, position, context.RequestAborted) ?? throw NotFound(key);
        deliveries.Wake();
        await AnswerAsync(context, json => WebhookJson.Write(json, changed, now, last.TextOf(key, changed.Progress.LastAttemptTime)));
    }

    static Webhook Apply(Webhook before, WebhookBody body, DateTimeOffset now) => before with
    {
        Url = body.Url ?? before.Url,
        Filter = new WebhookFilter(body.Models ?? before.Filter.Models, body.Stages ?? before.Filter.Stages),
        Enabled = body.Enabled ?? before.Enabled,
        // Whoever enables or disables it has the last word.
        DisabledReason = body.Enabled is null ? before.DisabledReason : "",
        UpdateTime = now,
    };
}
