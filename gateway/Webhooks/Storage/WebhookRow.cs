namespace Perennial.Gateway.Webhooks.Storage;

/// <summary>A row of <c>webhook</c>.</summary>
internal sealed record WebhookRow
{
    public string Shop { get; init; } = "";
    public string Webhook { get; init; } = "";
    public string Url { get; init; } = "";
    public string Models { get; init; } = "";
    public string Stages { get; init; } = "";
    public string Secret { get; init; } = "";
    public string? OldSecret { get; init; }
    public DateTimeOffset? OldSecretUntil { get; init; }
    public bool Enabled { get; init; }
    public string DisabledReason { get; init; } = "";
    public DateTimeOffset CreateTime { get; init; }
    public DateTimeOffset UpdateTime { get; init; }
    public long Version { get; init; }
    public long Position { get; init; }
    public long PendingPosition { get; init; }
    public int Attempts { get; init; }
    public DateTimeOffset? NextAttemptTime { get; init; }
    public DateTimeOffset? LastAttemptTime { get; init; }
    public int LastStatus { get; init; }
    public string LastFailure { get; init; } = "";

    public static WebhookRow Of(Webhook webhook) => new()
    {
        Shop = webhook.Key.Shop,
        Webhook = webhook.Key.Webhook,
        Url = webhook.Url,
        Models = string.Join(',', webhook.Filter.Models),
        Stages = string.Join(',', webhook.Filter.Stages),
        Secret = webhook.Secrets.Current,
        OldSecret = webhook.Secrets.Old,
        OldSecretUntil = webhook.Secrets.OldUntil,
        Enabled = webhook.Enabled,
        DisabledReason = webhook.DisabledReason,
        CreateTime = webhook.CreateTime,
        UpdateTime = webhook.UpdateTime,
        Version = webhook.Version,
        Position = webhook.Progress.Position,
    };

    public Webhook ToWebhook() => new(new WebhookKey(Shop, Webhook), Url, new WebhookFilter(List(Models), List(Stages)))
    {
        Secrets = new Secrets(Secret, OldSecret, OldSecretUntil),
        Enabled = Enabled,
        DisabledReason = DisabledReason,
        CreateTime = CreateTime,
        UpdateTime = UpdateTime,
        Version = Version,
        Progress = new Progress
        {
            Position = Position,
            PendingPosition = PendingPosition,
            Attempts = Attempts,
            NextAttemptTime = NextAttemptTime,
            LastAttemptTime = LastAttemptTime,
            LastStatus = LastStatus,
            LastFailure = LastFailure,
        },
    };

    static string[] List(string joined) => joined.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
