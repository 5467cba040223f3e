using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;

namespace Perennial.Sdks.Tests;

/// <summary>What was sent against what is in the log.</summary>
static class Ledger
{
    /// <summary>Every event once, none beside them, each field by field as it was sent.</summary>
    /// <param name="library">What the SDK says of itself in the context.</param>
    /// <param name="begin">When the client was started; it ended before this is called.</param>
    public static void Balances(IReadOnlyCollection<Sent> sent, IReadOnlyCollection<RecordedEvent> log, string library, DateTimeOffset begin)
    {
        Assert.Equal(sent.Select(s => s.MessageId).Order(), log.Select(e => e.Event.MessageId).Order());
        var stored = log.ToDictionary(e => e.Event.MessageId);
        foreach (var one in sent) Compare(one, stored[one.MessageId], library, begin, DateTimeOffset.UtcNow);
    }

    static void Compare(Sent sent, RecordedEvent stored, string library, DateTimeOffset begin, DateTimeOffset end)
    {
        var e = stored.Event;
        var expected = sent.Expected(library);
        var actual = Stored.InTheSendersWords(e);
        Forget(actual["context"]!.AsObject(), expected["context"]!.AsObject());
        Assert.True(JsonNode.DeepEquals(expected, actual), $"{e.MessageId}\nsent:   {expected.ToJsonString()}\nstored: {actual.ToJsonString()}");
        Assert.Equal((sent.Customer, sent.UserId.Length > 0, Platform.Shop), (stored.Customer, stored.Identified, stored.Shop));
        if (sent.Timestamp is { } told) Assert.Equal(told, e.Timestamp.ToDateTimeOffset());
        else if ((e.OriginalTimestamp ?? e.Timestamp) is { } own) Assert.InRange(own.ToDateTimeOffset(), WholeMillis(begin), end);
        if (e.SentAt is not null) Assert.InRange(e.SentAt.ToDateTimeOffset(), WholeMillis(begin), end);
        Assert.InRange(stored.ReceiveTime.ToDateTimeOffset(), WholeMillis(begin), end);
        Assert.Equal(EventTime(e, stored.ReceiveTime), stored.EventTime.ToDateTimeOffset());
    }

    /// <summary>What an SDK says of itself and its machine, beside what its caller told it, is kept too; here it is not compared.</summary>
    static void Forget(JsonObject context, JsonObject told)
    {
        foreach (var (name, value) in context.ToList())
        {
            if (!told.ContainsKey(name)) context.Remove(name);
            else if (value is JsonObject inner && told[name] is JsonObject toldInner) Forget(inner, toldInner);
        }
    }

    /// <summary>The rule of the tracking protocol; all clocks of these tests are one, so nothing lies in the future.</summary>
    static DateTimeOffset EventTime(Event e, Timestamp receiveTime)
    {
        var receive = receiveTime.ToDateTimeOffset();
        if (e.Timestamp is not null && e.OriginalTimestamp is not null) return WholeMillis(e.Timestamp.ToDateTimeOffset());
        if ((e.OriginalTimestamp ?? e.Timestamp) is not { } original) return receive;
        return e.SentAt is null ? WholeMillis(original.ToDateTimeOffset()) : WholeMillis(receive - (e.SentAt.ToDateTimeOffset() - original.ToDateTimeOffset()));
    }

    static DateTimeOffset WholeMillis(DateTimeOffset instant) => new(instant.Ticks - instant.Ticks % TimeSpan.TicksPerMillisecond, instant.Offset);
}
