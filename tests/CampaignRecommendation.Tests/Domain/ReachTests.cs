using System.Globalization;
using Perennial.CampaignRecommendation.Domain;

namespace Perennial.CampaignRecommendation.Tests.Domain;

public sealed class ReachTests
{
    static readonly TimeZoneInfo London = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    [Fact]
    public void Nothing_known_leaves_the_channels_that_need_no_address()
        => Assert.Equal(
            [
                new(Channel.Email, false, "no e-mail address known"),
                new(Channel.Push, false, "no device known"),
                new(Channel.Sms, false, "no telephone number known"),
                new(Channel.Ads, true, "needs no address"),
                new(Channel.Onsite, true, "needs no address; seen at the next visit"),
                new(Channel.Parcel, true, "delivery address known from an order"),
                new(Channel.Service, true, "answers when the customer gets in touch"),
            ],
            Reach.Of([], 1, London));

    [Fact]
    public void A_parcel_needs_an_order()
        => Assert.Equal(new ChannelReach(Channel.Parcel, false, "no order, so no delivery address"), Of(Channel.Parcel, 0));

    [Fact]
    public void An_address_is_known_because_the_shop_told_it_or_because_messages_were_sent()
    {
        Assert.Equal((true, "address known"), Email(Given.Fact(Channel.Email, FactKind.Address, 1)));
        Assert.Equal((true, "messages were sent there before"), Email(Given.Fact(Channel.Email, FactKind.Sent, 1)));
        Assert.Equal((true, "messages were sent there before"), Email(Given.Fact(Channel.Email, FactKind.Arrived, 1)));
        Assert.Equal((false, "no e-mail address known"), Email(Given.Fact(Channel.Email, FactKind.Address, 0), Given.Fact(Channel.Email, FactKind.Sent, 1)));
        Assert.Equal((false, "no e-mail address known"), Email(Given.Fact(Channel.Email, FactKind.Consent, (int)Consent.Granted)));
    }

    [Fact]
    public void A_device_that_allowed_push_messages_is_reachable()
        => Assert.True(Of(Channel.Push, 0, Given.Fact(Channel.Push, FactKind.Consent, (int)Consent.Granted)).Reachable);

    [Theory]
    [InlineData("Unsubscribed", "unsubscribed on 2026-03-10")]
    [InlineData("Complained", "complained of spam on 2026-03-10")]
    [InlineData("Withdrawn", "consent withdrawn on 2026-03-10")]
    public void A_refusal_outweighs_an_address(string consent, string reason)
        => Assert.Equal((false, reason), Email(Given.Fact(Channel.Email, FactKind.Address, 1), Given.Fact(Channel.Email, FactKind.Consent, (int)Enum.Parse<Consent>(consent))));

    [Fact]
    public void Dates_are_the_shops()
        => Assert.Equal((false, "unsubscribed on 2026-07-02"), Email(Given.Fact(Channel.Email, FactKind.Consent, (int)Consent.Unsubscribed, new DateTimeOffset(2026, 7, 1, 23, 30, 0, TimeSpan.Zero))));

    [Theory]
    // minutes of address and arrival after the bounce
    [InlineData(-1, null, false)]
    [InlineData(0, null, false)]
    [InlineData(1, null, true)]
    [InlineData(-1, -1, false)]
    [InlineData(-1, 1, true)]
    public void A_bounce_holds_until_something_arrives_or_an_address_is_told(int address, int? arrived, bool reachable)
    {
        var facts = new List<ContactFact> { Given.Fact(Channel.Email, FactKind.Bounced, 1), Given.Fact(Channel.Email, FactKind.Address, 1, Given.Noon.AddMinutes(address)) };
        if (arrived is { } minutes) facts.Add(Given.Fact(Channel.Email, FactKind.Arrived, 1, Given.Noon.AddMinutes(minutes)));
        Assert.Equal((reachable, reachable ? "address known" : "bounced on 2026-03-10"), Email([.. facts]));
    }

    [Fact]
    public void Every_channel_but_service_can_be_refused()
        => Assert.Equal([Channel.Service], Reach.Of([.. Enum.GetValues<Channel>().Select(c => Given.Fact(c, FactKind.Consent, (int)Consent.Withdrawn))], 9, London).Where(r => r.Reachable).Select(r => r.Channel));

    [Theory]
    [InlineData(2, 29, "2026-02-28", 0)]
    [InlineData(2, 29, "2028-02-29", 0)]
    [InlineData(12, 31, "2026-01-02", 2)]
    [InlineData(1, 2, "2025-12-31", 2)]
    [InlineData(9, 10, "2026-03-10", 181)]
    public void A_birthday_is_as_far_as_the_nearest_one(int month, int day, string date, int days)
        => Assert.Equal(days, new Birthday(month, day).DaysFrom(DateOnly.Parse(date, CultureInfo.InvariantCulture)));

    static (bool, string) Email(params ContactFact[] facts) => Of(Channel.Email, 1, facts) is var reach ? (reach.Reachable, reach.Reason) : default;

    static ChannelReach Of(Channel channel, int orders, params ContactFact[] facts) => Reach.Of(facts, orders, London).Single(r => r.Channel == channel);
}
