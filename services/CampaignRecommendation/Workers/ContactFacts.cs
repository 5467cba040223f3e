using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Perennial.CampaignRecommendation.Domain;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using static Perennial.Common.V1.Event;
using static Perennial.Common.V1.MessageEngaged.Types;
using Channel = Perennial.CampaignRecommendation.Domain.Channel;

namespace Perennial.CampaignRecommendation.Workers;

/// <summary>What an event of the log says about how a customer can be reached.</summary>
internal static class ContactFacts
{
    public static Changes Of(FeedBatch batch) => Changes.Of(
        batch.Events.Where(e => e.Event.PayloadCase == PayloadOneofCase.ShopConfigured).Select(SettingsOf),
        batch.Events.Where(e => e.Customer.Length > 0).SelectMany(e => Said(e.Event).Select(said => FactOf(e, said)))) with
    {
        Resets = batch.Resets,
    };

    readonly record struct Saying(Channel Channel, FactKind Kind, int Value);

    static IEnumerable<Saying> Said(Event e) => e.PayloadCase switch
    {
        PayloadOneofCase.TraitsChanged => OfTraits(e.TraitsChanged.Traits),
        PayloadOneofCase.MessageEngaged => ChannelOf(e.MessageEngaged.Channel) is { } channel && OfMessage(channel, e.MessageEngaged.Interaction) is { } saying ? [saying] : [],
        // Consent to something else than marketing, say to statistics, opens and closes no channel.
        PayloadOneofCase.ConsentChanged when e.ConsentChanged.Purpose is "" or "marketing" => ChannelOf(e.ConsentChanged.Channel) is { } channel ? [new(channel, FactKind.Consent, (int)(e.ConsentChanged.Granted ? Consent.Granted : Consent.Withdrawn))] : [],
        _ => [],
    };

    static Saying? OfMessage(Channel channel, Interaction interaction) => interaction switch
    {
        Interaction.Sent => new(channel, FactKind.Sent, 1),
        Interaction.Delivered or Interaction.Opened or Interaction.Clicked => new(channel, FactKind.Arrived, 1),
        Interaction.Bounced => new(channel, FactKind.Bounced, 1),
        Interaction.Unsubscribed => new(channel, FactKind.Consent, (int)Consent.Unsubscribed),
        Interaction.MarkedAsSpam => new(channel, FactKind.Consent, (int)Consent.Complained),
        _ => null,
    };

    // A trait that is not named says nothing; one that is named but empty takes the value back.
    static IEnumerable<Saying> OfTraits(Struct? traits)
    {
        if (traits is null) yield break;
        if (traits.Fields.TryGetValue("email", out var email)) yield return new(Channel.Email, FactKind.Address, IsGiven(email) ? 1 : 0);
        if (traits.Fields.TryGetValue("phone", out var phone)) yield return new(Channel.Sms, FactKind.Address, IsGiven(phone) ? 1 : 0);
        if (traits.Fields.TryGetValue("birthday", out var birthday) && DayOf(birthday) is { } day) yield return new(Channel.None, FactKind.Birthday, day);
    }

    static bool IsGiven(Value value) => value.KindCase == Value.KindOneofCase.NumberValue || (value.KindCase == Value.KindOneofCase.StringValue && !string.IsNullOrWhiteSpace(value.StringValue));

    // An ISO 8601 date, with or without a time; empty takes it back; anything else is no date and says nothing.
    static int? DayOf(Value value)
    {
        if (!IsGiven(value)) return 0;
        var text = value.StringValue.Trim();
        return DateOnly.TryParseExact(text.Length > 10 ? text[..10] : text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? (date.Month * 100) + date.Day : null;
    }

    // A channel of a later contract reaches nobody here.
    static Channel? ChannelOf(Common.V1.Channel channel) => channel != Common.V1.Channel.Unspecified && System.Enum.IsDefined((Channel)channel) ? (Channel)channel : null;

    static ContactFact FactOf(RecordedEvent e, Saying said) => new()
    {
        Shop = e.Shop,
        Customer = e.Customer,
        Channel = said.Channel,
        Kind = said.Kind,
        FactTime = e.EventTime.ToDateTimeOffset(),
        MessageId = e.Event.MessageId,
        FactValue = said.Value,
    };

    static ShopSettings SettingsOf(RecordedEvent e) => new()
    {
        Shop = e.Shop,
        TimeZone = e.Event.ShopConfigured.TimeZone,
        CurrencyCode = e.Event.ShopConfigured.CurrencyCode,
        FactTime = e.EventTime.ToDateTimeOffset(),
        MessageId = e.Event.MessageId,
    };
}
