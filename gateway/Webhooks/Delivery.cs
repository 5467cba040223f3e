using Microsoft.Extensions.Options;
using Perennial.Gateway.Webhooks.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Gateway.Webhooks;

/// <summary>What the delivery to any webhook stands on.</summary>
internal sealed record DeliveryParts(
    Transitions Transitions, WebhookStore Webhooks, ProgressStore Progress, DeadLetterStore Letters, Sender Sender, RetrySchedule Schedule, LastAttempts Last,
    IOptions<WebhookOptions> Options, TimeProvider Clock, Metrics Metrics, ILogger<Delivery> Log);

/// <summary>
/// Delivers the transitions of a shop to one webhook, one after the other, as long as <paramref name="holder"/> has its lease. What waits for a retry is not kept but read again when its time has come: by then it may name
/// somebody who was erased, and is passed over.
/// </summary>
internal sealed class Delivery(DeliveryParts parts, WebhookKey key, string holder)
{
    /// <summary>What was read longer ago is read again: a slow receiver would be sent what names somebody who was erased meanwhile.</summary>
    static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(10);

    /// <summary>What was tried is written down, also while this stops: it would be sent once more otherwise.</summary>
    static readonly CancellationToken Written = CancellationToken.None;

    /// <summary>What comes after an event.</summary>
    enum Next
    {
        /// <summary>The event after it.</summary>
        GoOn,

        /// <summary>The same event, read again when its time has come.</summary>
        Again,

        /// <summary>Nothing: disabled, or the lease is lost.</summary>
        End,
    }

    /// <summary>Runs until it is cancelled, the lease is lost, or the webhook is disabled or deleted.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var pause = TimeSpan.Zero;
        while (true)
        {
            try
            {
                if (await parts.Webhooks.GetAsync(key, cancellation) is not { Enabled: true } webhook) return;
                await UntilAsync(webhook.Progress.NextAttemptTime, cancellation);
                if (await FollowAsync(webhook, () => pause = TimeSpan.Zero, cancellation) == Next.End) return;
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                if (pause == TimeSpan.Zero) Log.WebhookWaits(parts.Log, key.Shop, key.Webhook, e.Message);
                pause = TimeSpan.FromMilliseconds(Math.Min(Math.Max(100, pause.TotalMilliseconds * 2), parts.Options.Value.FeedRetryMillisMax));
                await Task.Delay(pause, parts.Clock, cancellation);
            }
        }
    }

    async Task UntilAsync(DateTimeOffset? time, CancellationToken cancellation)
    {
        if (time is { } due && due - parts.Clock.GetUtcNow() is { } wait && wait > TimeSpan.Zero) await Task.Delay(wait, parts.Clock, cancellation);
    }

    /// <param name="heard">Called when the feed answers.</param>
    async Task<Next> FollowAsync(Webhook webhook, Action heard, CancellationToken cancellation)
    {
        using var call = parts.Transitions.Follow(key.Shop, webhook.Progress.Position, cancellation);
        var (progress, read) = (webhook.Progress, parts.Clock.GetTimestamp());
        while (true)
        {
            var moving = call.ResponseStream.MoveNext(cancellation);
            // What had to be waited for is new; what lay ready may be as old as the stream.
            var waited = !moving.IsCompleted;
            if (!await moving) throw new InvalidOperationException("the feed of transitions closed a stream that was to stay open");
            if (waited) read = parts.Clock.GetTimestamp();
            heard();
            var page = call.ResponseStream.Current;
            foreach (var transition in page.Transitions.Where(webhook.Filter.Matches))
            {
                if (parts.Clock.GetElapsedTime(read) > FreshFor) return Next.Again;
                var next = await DeliverAsync(webhook, progress, transition, cancellation);
                if (next != Next.GoOn) return next;
                progress = new Progress { Position = transition.Position };
            }
            if (page.NextPosition <= progress.Position) continue;
            // What nobody asked for is passed over; an event that waited and is no longer there as well.
            if (!await parts.Progress.AdvanceAsync(key, holder, progress.Position, page.NextPosition, null, cancellation)) return Next.End;
            progress = new Progress { Position = page.NextPosition };
        }
    }

    async Task<Next> DeliverAsync(Webhook webhook, Progress progress, Transition transition, CancellationToken cancellation)
    {
        var attempt = await parts.Sender.SendAsync(webhook, CloudEvent.Of(transition), cancellation);
        Tell(attempt);
        if (attempt.Delivered) return await parts.Progress.AdvanceAsync(key, holder, progress.Position, transition.Position, attempt, Written) ? Next.GoOn : Next.End;
        if (attempt.Gone) return await DisableAsync(webhook, attempt);
        var attempts = progress.AttemptsOf(transition.Position) + 1;
        if (parts.Schedule.Wait(attempts, attempt.RetryAfter, Random.Shared.NextDouble()) is not { } wait) return await BuryAsync(webhook, progress, transition.Position, attempts, attempt);
        var due = WebhookStore.WholeMillis(parts.Clock.GetUtcNow() + wait);
        return await parts.Progress.FailAsync(key, holder, progress.Position, transition.Position, attempts, due, attempt, Written) ? Next.Again : Next.End;
    }

    async Task<Next> DisableAsync(Webhook webhook, Attempt attempt)
    {
        if (await parts.Progress.DisableAsync(key, holder, webhook.Version, DisabledReasons.Gone, attempt, Written)) Log.WebhookDisabled(parts.Log, key.Shop, key.Webhook, DisabledReasons.Gone);
        return Next.End;
    }

    async Task<Next> BuryAsync(Webhook webhook, Progress progress, long position, int attempts, Attempt attempt)
    {
        switch (await parts.Progress.BuryAsync(webhook, holder, progress.Position, position, attempts, parts.Options.Value.DeadLettersMax, attempt, Written))
        {
            case ProgressStore.Buried.Yes:
                parts.Metrics.WebhookDeadLetter();
                Log.DeadLetter(parts.Log, key.Shop, key.Webhook, position, attempts, attempt.Failure, attempt.Status);
                return Next.GoOn;
            case ProgressStore.Buried.Full:
                Log.WebhookDisabled(parts.Log, key.Shop, key.Webhook, DisabledReasons.DeadLettersFull);
                return Next.End;
            default:
                return Next.End;
        }
    }

    /// <summary>Tries each dead letter that somebody asked for once more, in the order of the feed, beside what is new.</summary>
    public async Task RedeliverAsync(CancellationToken cancellation)
    {
        for (var position = 0L; await parts.Letters.NextAsync(key, position, cancellation) is { } letter; position = letter.Position)
        {
            if (await parts.Webhooks.GetAsync(key, cancellation) is not { Enabled: true } webhook) return;
            await RedeliverAsync(webhook, letter.Position, cancellation);
        }
    }

    async Task RedeliverAsync(Webhook webhook, long position, CancellationToken cancellation)
    {
        var found = await parts.Transitions.FindAsync(key.Shop, position, cancellation);
        if (found?.Position > position)
        {
            await parts.Letters.DeleteAsync(key, position, cancellation);
            return;
        }
        var attempt = found is null
            ? new Attempt(WebhookStore.WholeMillis(parts.Clock.GetUtcNow()), 0, Failures.NotInFeed, TimeSpan.Zero)
            : await parts.Sender.SendAsync(webhook, CloudEvent.Of(found), cancellation);
        Tell(attempt);
        if (attempt.Delivered) await parts.Letters.DeleteAsync(key, position, Written);
        else await parts.Letters.FailAsync(key, position, attempt, Written);
        if (attempt.Gone) await DisableAsync(webhook, attempt);
    }

    void Tell(Attempt attempt)
    {
        parts.Last.Keep(key, attempt);
        parts.Metrics.WebhookAttempt(attempt);
    }
}
