using Perennial.Segmentation.V1;

namespace Perennial.Gateway.Webhooks;

/// <summary>Which webhook of which shop.</summary>
internal sealed record WebhookKey(string Shop, string Webhook);

/// <summary>Which transitions a webhook wants; an empty list is any.</summary>
/// <param name="Models">The model in which the stage changed.</param>
/// <param name="Stages">The stage that was entered or left: who keeps a list of a stage's members needs both.</param>
internal sealed record WebhookFilter(IReadOnlyList<string> Models, IReadOnlyList<string> Stages)
{
    public bool Matches(Transition transition)
        => (Models.Count == 0 || Models.Contains(transition.Model)) && (Stages.Count == 0 || Stages.Contains(transition.FromStage) || Stages.Contains(transition.ToStage));
}

/// <summary>A webhook as it is registered, and how far it is.</summary>
internal sealed record Webhook(WebhookKey Key, string Url, WebhookFilter Filter)
{
    public required Secrets Secrets { get; init; }
    public bool Enabled { get; init; } = true;

    /// <summary>Why the gateway disabled it, one of <see cref="DisabledReasons"/>; empty where a person did, or it is enabled.</summary>
    public string DisabledReason { get; init; } = "";
    public required DateTimeOffset CreateTime { get; init; }
    public required DateTimeOffset UpdateTime { get; init; }

    /// <summary>Grows with every change of what is registered.</summary>
    public long Version { get; init; } = 1;
    public Progress Progress { get; init; } = new();
}

internal static class DisabledReasons
{
    /// <summary>The receiver answered 410.</summary>
    public const string Gone = "GONE";

    /// <summary>There was no room for another dead letter.</summary>
    public const string DeadLettersFull = "DEAD_LETTERS_FULL";
}

/// <summary>How far a webhook is in the feed of its shop.</summary>
internal sealed record Progress
{
    /// <summary>Everything up to here is delivered, passed over or a dead letter.</summary>
    public long Position { get; init; }

    /// <summary>The event that failed and is tried again; 0 when none is.</summary>
    public long PendingPosition { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }
    public DateTimeOffset? NextAttemptTime { get; init; }

    public DateTimeOffset? LastAttemptTime { get; init; }

    /// <summary>HTTP status of the last answer; 0 when there was none.</summary>
    public int LastStatus { get; init; }

    /// <summary>One of <see cref="Failures"/>, or empty after a success.</summary>
    public string LastFailure { get; init; } = "";

    /// <summary>How often the event at a position was tried before.</summary>
    public int AttemptsOf(long position) => PendingPosition == position ? Attempts : 0;
}

/// <summary>An event that was not taken: where it stands in the feed, and nothing of what it says.</summary>
internal sealed record DeadLetter
{
    public long Position { get; init; }
    public int Attempts { get; init; }
    public DateTimeOffset CreateTime { get; init; }
    public DateTimeOffset LastAttemptTime { get; init; }
    public int LastStatus { get; init; }
    public string LastFailure { get; init; } = "";

    /// <summary>Somebody asked for it to be delivered again, and it was not yet tried.</summary>
    public bool Redeliver { get; init; }
}
