using Google.Protobuf.WellKnownTypes;
using Perennial.CampaignRecommendation.Domain;
using Perennial.CampaignRecommendation.Workers;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using static Perennial.Common.V1.MessageEngaged.Types;
using Channel = Perennial.CampaignRecommendation.Domain.Channel;
using WireChannel = Perennial.Common.V1.Channel;

namespace Perennial.CampaignRecommendation.Tests.Workers;

public sealed class ContactFactsTests
{
    [Theory]
    [InlineData(Interaction.Sent, "Sent", 1)]
    [InlineData(Interaction.Delivered, "Arrived", 1)]
    [InlineData(Interaction.Opened, "Arrived", 1)]
    [InlineData(Interaction.Clicked, "Arrived", 1)]
    [InlineData(Interaction.Bounced, "Bounced", 1)]
    [InlineData(Interaction.Unsubscribed, "Consent", 2)]
    [InlineData(Interaction.MarkedAsSpam, "Consent", 3)]
    public void Messages_tell_about_their_channel(Interaction interaction, string kind, int value)
    {
        var fact = Assert.Single(Of(e => e.MessageEngaged = new MessageEngaged { Channel = WireChannel.Sms, Interaction = interaction }));
        Assert.Equal((Channel.Sms, kind, value), (fact.Channel, fact.Kind.ToString(), fact.FactValue));
    }

    [Theory]
    [InlineData("ada@example.org", 1)]
    [InlineData("", 0)]
    [InlineData(" ", 0)]
    public void An_email_trait_tells_that_there_is_an_address_and_keeps_nothing_of_it(string email, int value)
    {
        var fact = Assert.Single(Traits(("email", Value.ForString(email))));
        Assert.Equal((Channel.Email, FactKind.Address, value), (fact.Channel, fact.Kind, fact.FactValue));
        Assert.DoesNotContain("ada", fact.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trait_of_null_takes_the_address_back_and_one_not_named_says_nothing()
    {
        Assert.Equal(0, Assert.Single(Traits(("phone", Value.ForNull()))).FactValue);
        Assert.Empty(Traits(("name", Value.ForString("Ada"))));
        Assert.Empty(Of(e => e.TraitsChanged = new TraitsChanged()));
    }

    [Theory]
    [InlineData("1990-03-10", 310)]
    [InlineData("1990-03-10T00:00:00Z", 310)]
    [InlineData("", 0)]
    [InlineData("10/03/1990", null)]
    [InlineData("1990-02-30", null)]
    public void A_birthday_is_kept_as_month_and_day(string birthday, int? value)
        => Assert.Equal(value, Traits(("birthday", Value.ForString(birthday))).SingleOrDefault()?.FactValue);

    [Theory]
    [InlineData("", true, 1)]
    [InlineData("marketing", false, 0)]
    [InlineData("statistics", false, null)]
    public void Consent_counts_for_marketing_or_for_everything(string purpose, bool granted, int? value)
        => Assert.Equal(value, Of(e => e.ConsentChanged = new ConsentChanged { Channel = WireChannel.Email, Purpose = purpose, Granted = granted }).SingleOrDefault()?.FactValue);

    [Fact]
    public void A_shops_settings_are_taken_from_the_log()
    {
        var shop = Assert.Single(ContactFacts.Of(new FeedBatch(0, 0, 1, [Given.ShopConfigured("Europe/Berlin", "EUR")])).Shops);
        Assert.Equal(("demo", "Europe/Berlin", "EUR"), (shop.Shop, shop.TimeZone, shop.CurrencyCode));
    }

    [Fact]
    public void Orders_and_channels_of_later_contracts_say_nothing()
    {
        Assert.Empty(Of(e => e.OrderCompleted = new OrderCompleted()));
        Assert.Empty(Of(e => e.MessageEngaged = new MessageEngaged { Channel = (WireChannel)99, Interaction = Interaction.Sent }));
        Assert.Empty(Of(e => e.MessageEngaged = new MessageEngaged { Interaction = Interaction.Sent }));
    }

    static IReadOnlyList<ContactFact> Of(Action<Event> payload) => ContactFacts.Of(new FeedBatch(0, 0, 1, [Given.Recorded("user:1", Given.Noon, payload)])).Facts;

    static IReadOnlyList<ContactFact> Traits(params (string Name, Value Value)[] traits) => Of(e =>
    {
        e.TraitsChanged = new TraitsChanged { Traits = new Struct() };
        foreach (var (name, value) in traits) e.TraitsChanged.Traits.Fields[name] = value;
    });
}
