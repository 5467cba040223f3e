using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests.Domain;

public sealed class EventTimeTests
{
    static readonly DateTimeOffset Receive = Instant("2024-05-01T12:00:00.000Z")!.Value;
    static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    /// <summary>timestamp, original, sent_at, expected event time or fault; received at 2024-05-01T12:00:00.000Z.</summary>
    public static TheoryData<string?, string?, string?, string> Cases => new()
    {
        // Nothing said: the receipt, whatever the sender's clock says of the sending.
        { null, null, null, "2024-05-01T12:00:00.000Z" },
        { null, null, "2024-05-01T15:00:00Z", "2024-05-01T12:00:00.000Z" },
        // One alone, as it stands.
        { "2024-04-01T08:00:00Z", null, null, "2024-04-01T08:00:00.000Z" },
        { null, "2024-04-01T08:00:00Z", null, "2024-04-01T08:00:00.000Z" },
        // Both: the explicit timestamp stands, with sent_at and without (RudderStack).
        { "2024-04-01T08:00:00Z", "2024-04-02T08:00:00Z", null, "2024-04-01T08:00:00.000Z" },
        { "2024-04-01T08:00:00Z", "2024-04-02T08:00:00Z", "2024-05-01T11:00:00Z", "2024-04-01T08:00:00.000Z" },
        // With sent_at the skew of the sender's clock is taken out (Segment): an hour behind, an hour ahead, exact.
        { null, "2024-05-01T10:59:50Z", "2024-05-01T11:00:00Z", "2024-05-01T11:59:50.000Z" },
        { null, "2024-05-01T12:59:50Z", "2024-05-01T13:00:00Z", "2024-05-01T11:59:50.000Z" },
        { "2024-05-01T12:59:50Z", null, "2024-05-01T13:00:00Z", "2024-05-01T11:59:50.000Z" },
        { "2024-05-01T11:59:00Z", null, "2024-05-01T12:00:00Z", "2024-05-01T11:59:00.000Z" },
        // Parts of a millisecond are dropped.
        { "2024-04-01T08:00:00.1239999Z", null, null, "2024-04-01T08:00:00.123Z" },
        // Ahead of the receipt: up to the tolerance it counts as the receipt, beyond it is refused.
        { "2024-05-01T12:00:00.001Z", null, null, "2024-05-01T12:00:00.000Z" },
        { "2024-05-01T12:05:00Z", null, null, "2024-05-01T12:00:00.000Z" },
        { "2024-05-01T12:05:00.0000001Z", null, null, "TooFarAhead" },
        { "2024-05-01T12:06:00Z", "2024-05-01T11:00:00Z", null, "TooFarAhead" },
        { null, "2024-05-01T11:05:00Z", "2024-05-01T11:00:00Z", "2024-05-01T12:00:00.000Z" },
        { null, "2024-05-01T11:05:01Z", "2024-05-01T11:00:00Z", "TooFarAhead" },
        { "9999-12-31T23:59:59Z", null, null, "TooFarAhead" },
        { "9999-12-31T23:59:59Z", null, "1970-01-01T00:00:00Z", "TooFarAhead" },
        // The first instant there is, and one before it.
        { "1970-01-01T00:00:00Z", null, null, "1970-01-01T00:00:00.000Z" },
        { "1970-01-01T00:00:00Z", null, "2024-05-01T12:00:00Z", "1970-01-01T00:00:00.000Z" },
        { "1970-01-01T00:00:00Z", null, "2024-05-01T12:00:00.001Z", "TooEarly" },
        { "1970-01-01T00:00:00Z", null, "9999-12-31T23:59:59Z", "TooEarly" },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Follows_the_rule_of_the_tracking_protocol(string? timestamp, string? original, string? sentAt, string expected)
    {
        var (time, fault) = EventTime.Of(new RawTimes(Instant(timestamp), Instant(original), Instant(sentAt), Receive), Tolerance);

        Assert.Equal(expected, fault == EventTimeFault.None ? time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture) : fault.ToString());
    }

    [Fact]
    public void Is_whole_milliseconds_and_never_after_the_receipt()
    {
        var instants = Gen.Choose(0, 2_000_000_000).Select(s => DateTimeOffset.UnixEpoch.AddSeconds(s).AddTicks(s % 10_000_000));
        var maybe = Gen.OneOf(instants.Select(i => (DateTimeOffset?)i), Gen.Constant((DateTimeOffset?)null));
        var times = from timestamp in maybe from original in maybe from sent in maybe select new RawTimes(timestamp, original, sent, Receive);

        Check.QuickThrowOnFailure(Prop.ForAll(times.ToArbitrary(), raw =>
        {
            var (time, fault) = EventTime.Of(raw, Tolerance);
            return fault != EventTimeFault.None || (time <= Receive && time >= DateTimeOffset.UnixEpoch && time.Ticks % TimeSpan.TicksPerMillisecond == 0 && time.Offset == TimeSpan.Zero);
        }));
    }

    static DateTimeOffset? Instant(string? text) => text is null ? null : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
