using System.Security.Cryptography;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.V1;
using Perennial.Gateway.Webhooks.Storage;

namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>Registers a webhook and shows its secret, this once.</summary>
    async Task CreateWebhookAsync(HttpContext context, string shop)
    {
        var body = WebhookBody.Read(await bodies.ReadJsonAsync(context), creates: true, options.Value.AllowPrivateAddresses);
        var now = Now;
        var webhook = new Webhook(new WebhookKey(shop, body.Webhook ?? "wh-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))), body.Url!, new WebhookFilter(body.Models ?? [], body.Stages ?? []))
        {
            Secrets = Secrets.New(),
            Enabled = body.Enabled ?? true,
            CreateTime = now,
            UpdateTime = now,
            Progress = new Progress { Position = await StartAsync(shop, body.AfterPosition, context.RequestAborted) },
        };
        switch (await webhooks.AddAsync(webhook, options.Value.WebhooksMax, context.RequestAborted))
        {
            case WebhookStore.Added.Exists:
                throw Errors.Of(GatewayErrorReason.WebhookExists, $"Shop '{shop}' has a webhook '{webhook.Key.Webhook}' already; PATCH changes it, :rotateSecret makes a new secret.", ("webhook", webhook.Key.Webhook));
            case WebhookStore.Added.TooMany:
                throw Errors.Of(GatewayErrorReason.TooManyWebhooks, $"Shop '{shop}' has {options.Value.WebhooksMax} webhooks, as many as it may; delete one, or raise Webhooks:WebhooksMax.", ("limit", "Webhooks:WebhooksMax"));
        }
        deliveries.Wake();
        await AnswerAsync(context, json =>
        {
            WebhookJson.Write(json, webhook, now, "");
            json.WriteString("secret", webhook.Secrets.Current);
        });
    }

    /// <summary>Where to begin: after a given position, or after all there is now.</summary>
    async Task<long> StartAsync(string shop, long? after, CancellationToken cancellation)
    {
        if (after == 0) return 0;
        var head = await transitions.HeadAsync(shop, cancellation);
        return after is null || after <= head ? after ?? head : throw Errors.Invalid([("afterPosition", $"must be at most {head}, the last position there is; leave it out to begin with what comes next")]);
    }
}
