using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Ingestion.Api;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Tests.Api;

/// <summary>The feed's own encoding is the contract's, byte for byte.</summary>
public sealed class FeedPageTests
{
    [Fact]
    public void A_page_has_the_bytes_of_the_contracts_message()
    {
        var events = from id in Gen.Elements("m", "Ünï🙂", "")
                     from position in Gen.Elements(0L, 1L, 127L, 128L, long.MaxValue)
                     from customer in Gen.Elements("", "user:alice", "anon:" + new string('x', 200))
                     from millis in Gen.Elements(0L, 1L, 999L, 1_700_000_000_123L)
                     from reattributed in Gen.Elements<DateTimeOffset?>(null, Some.Instant)
                     from kind in Gen.Choose(0, 2)
                     let payload = kind switch { 0 => new Event(), 1 => Some.Order(id), _ => Some.Page(id, new string('u', 200)) }
                     select (Logged: new LoggedEvent(position, "shop", customer, kind == 1, DateTimeOffset.FromUnixTimeMilliseconds(millis), Some.Instant, payload.ToByteArray(), reattributed), Event: payload);
        var pages = from list in events.ListOf()
                    from next in Gen.Elements(0L, 5L, long.MaxValue)
                    select (List: list.ToList(), Next: next);
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(pages.ToArbitrary(), page =>
        {
            var ours = Mapping.ToProto([.. page.List.Select(e => e.Logged)]);
            (ours.NextPosition, ours.HeadPosition) = (page.Next, page.Next);
            var theirs = new ReadFeedResponse { NextPosition = page.Next, HeadPosition = page.Next, Events = { page.List.Select(e => Recorded(e.Logged, e.Event)) } };
            return ours.ToByteArray().AsSpan().SequenceEqual(theirs.ToByteArray()) && ReadFeedResponse.Parser.ParseFrom(ours.ToByteArray()).Equals(theirs);
        }));
    }

    [Fact]
    public void Both_messages_have_the_same_fields()
    {
        foreach (var (ours, theirs) in new[] { (Ingestion.Api.Wire.FeedPage.Descriptor, ReadFeedResponse.Descriptor), (Ingestion.Api.Wire.FeedEvent.Descriptor, RecordedEvent.Descriptor) })
            Assert.Equal(theirs.Fields.InDeclarationOrder().Select(f => (f.FieldNumber, f.Name, f.IsRepeated)), ours.Fields.InDeclarationOrder().Select(f => (f.FieldNumber, f.Name, f.IsRepeated)));
    }

    static RecordedEvent Recorded(LoggedEvent e, Event payload) => new()
    {
        Position = e.Position,
        Shop = e.Shop,
        Customer = e.Customer,
        Identified = e.Identified,
        EventTime = e.EventTime.ToTimestamp(),
        ReceiveTime = e.ReceiveTime.ToTimestamp(),
        Event = payload,
        ReattributeTime = e.ReattributeTime?.ToTimestamp(),
    };
}
