namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>Makes a new secret and shows it, this once. The one before signs as well for <see cref="WebhookOptions.OldSecretHours"/>; one before that no more.</summary>
    async Task RotateSecretAsync(HttpContext context, string shop, string webhook)
    {
        var (key, now) = (new WebhookKey(shop, webhook), Now);
        var until = now + TimeSpan.FromHours(options.Value.OldSecretHours);
        var rotated = await webhooks.UpdateAsync(key, before => before with { Secrets = before.Secrets.Rotated(until), UpdateTime = now }, restart: false, null, context.RequestAborted) ?? throw NotFound(key);
        deliveries.Wake();
        await AnswerAsync(context, json =>
        {
            WebhookJson.Write(json, rotated, now, last.TextOf(key, rotated.Progress.LastAttemptTime));
            json.WriteString("secret", rotated.Secrets.Current);
        });
    }
}
