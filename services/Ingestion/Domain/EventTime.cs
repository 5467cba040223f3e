namespace Perennial.Ingestion.Domain;

/// <summary>The instants that come with an event, each by the clock of the one who wrote it; <c>Receive</c> by ours.</summary>
internal readonly record struct RawTimes(DateTimeOffset? Timestamp, DateTimeOffset? Original, DateTimeOffset? SentAt, DateTimeOffset Receive);

/// <summary>Why no event time follows from the raw times.</summary>
internal enum EventTimeFault
{
    None,
    /// <summary>Before 1970.</summary>
    TooEarly,
    /// <summary>Further ahead of the receipt than is tolerated.</summary>
    TooFarAhead,
}

/// <summary><paramref name="Time"/> has whole milliseconds, is never after the receipt, and counts only without a fault.</summary>
internal readonly record struct EventTimeVerdict(DateTimeOffset Time, EventTimeFault Fault);

/// <summary>
/// When an event happened. A rule that serves both families of clients: RudderStack's, where an explicit timestamp stands, and
/// Segment's, where the sender's clock is corrected by its skew against ours.
/// </summary>
internal static class EventTime
{
    /// <summary>
    /// Both timestamp and original: the timestamp as it stands. One of them with sent_at: receive - (sent_at - it). One alone: as it
    /// stands. None: the receipt. An instant up to <paramref name="tolerance"/> ahead of the receipt counts as the receipt.
    /// </summary>
    public static EventTimeVerdict Of(RawTimes raw, TimeSpan tolerance)
    {
        // In ticks, since the difference of two instants of strange clocks may leave the calendar.
        var ticks = ClaimedTicks(raw);
        if (ticks < DateTimeOffset.UnixEpoch.Ticks) return new EventTimeVerdict(default, EventTimeFault.TooEarly);
        if (ticks > raw.Receive.UtcTicks + tolerance.Ticks) return new EventTimeVerdict(default, EventTimeFault.TooFarAhead);
        var past = Math.Min(ticks, raw.Receive.UtcTicks);
        return new EventTimeVerdict(new DateTimeOffset(past - past % TimeSpan.TicksPerMillisecond, TimeSpan.Zero), EventTimeFault.None);
    }

    static long ClaimedTicks(RawTimes raw)
    {
        if (raw is { Timestamp: { } explicitTime, Original: not null }) return explicitTime.UtcTicks;
        if ((raw.Original ?? raw.Timestamp) is not { } original) return raw.Receive.UtcTicks;
        return raw.SentAt is { } sent ? raw.Receive.UtcTicks - (sent.UtcTicks - original.UtcTicks) : original.UtcTicks;
    }
}
