using System.Globalization;
using System.Text.Json;

namespace Perennial.Gateway.Webhooks.Api;

/// <summary>Answers in the manner of ProtoJSON: positions as text, instants after RFC 3339, nulls and empty lists written out.</summary>
internal static class WebhookJson
{
    /// <param name="text">What the receiver answered last, where this gateway knows.</param>
    public static void Write(Utf8JsonWriter json, Webhook webhook, DateTimeOffset now, string text)
    {
        json.WriteString("shop", webhook.Key.Shop);
        json.WriteString("webhook", webhook.Key.Webhook);
        json.WriteString("url", webhook.Url);
        WriteList(json, "models", webhook.Filter.Models);
        WriteList(json, "stages", webhook.Filter.Stages);
        json.WriteBoolean("enabled", webhook.Enabled);
        json.WriteString("disabledReason", webhook.DisabledReason);
        WriteTime(json, "createTime", webhook.CreateTime);
        WriteTime(json, "updateTime", webhook.UpdateTime);
        WriteTime(json, "oldSecretExpireTime", webhook.Secrets.OldUntil > now ? webhook.Secrets.OldUntil : null);
        WriteProgress(json, webhook.Progress, text);
    }

    public static void Write(Utf8JsonWriter json, DeadLetter letter)
    {
        json.WriteString("deadLetter", Text(letter.Position));
        json.WriteNumber("attempts", letter.Attempts);
        WriteTime(json, "createTime", letter.CreateTime);
        WriteTime(json, "lastAttemptTime", letter.LastAttemptTime);
        json.WriteNumber("lastStatus", letter.LastStatus);
        json.WriteString("lastFailure", letter.LastFailure);
        json.WriteBoolean("redelivering", letter.Redeliver);
    }

    public static string Text(long position) => position.ToString(CultureInfo.InvariantCulture);

    static void WriteProgress(Utf8JsonWriter json, Progress progress, string text)
    {
        json.WriteString("position", Text(progress.Position));
        json.WriteString("pendingPosition", Text(progress.PendingPosition));
        json.WriteNumber("attempts", progress.Attempts);
        WriteTime(json, "nextAttemptTime", progress.NextAttemptTime);
        WriteTime(json, "lastAttemptTime", progress.LastAttemptTime);
        json.WriteNumber("lastStatus", progress.LastStatus);
        json.WriteString("lastFailure", progress.LastFailure);
        json.WriteString("lastText", text);
    }

    static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } instant) json.WriteString(name, instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        else json.WriteNull(name);
    }

    static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
