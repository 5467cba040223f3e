namespace Perennial.Gateway.Webhooks.Api;

internal partial class WebhookDoor
{
    /// <summary>Removes one dead letter.</summary>
    async Task DeleteDeadLetterAsync(HttpContext context, string shop, string webhook, string deadLetter)
    {
        var key = new WebhookKey(shop, webhook);
        await RequireAsync(key, context.RequestAborted);
        if (await letters.DeleteAsync(key, Position(deadLetter), context.RequestAborted) == 0) throw NoLetter(key, deadLetter);
        await AnswerAsync(context, _ => { });
    }

    /// <summary>Removes all dead letters.</summary>
    async Task PurgeDeadLettersAsync(HttpContext context, string shop, string webhook)
    {
        var key = new WebhookKey(shop, webhook);
        await RequireAsync(key, context.RequestAborted);
        var deleted = await letters.DeleteAsync(key, null, context.RequestAborted);
        await AnswerAsync(context, json => json.WriteNumber("deleted", deleted));
    }
}
