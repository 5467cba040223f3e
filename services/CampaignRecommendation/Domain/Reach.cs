using System.Globalization;

namespace Perennial.CampaignRecommendation.Domain;

/// <summary>Whether a channel can be used for a customer, and why or why not.</summary>
internal sealed record ChannelReach(Channel Channel, bool Reachable, string Reason);

/// <summary>A birthday without its year.</summary>
internal readonly record struct Birthday(int Month, int Day)
{
    /// <summary>As stored, or null for none.</summary>
    public static Birthday? Of(int value) => value == 0 ? null : new Birthday(value / 100, value % 100);

    /// <summary>Days to the nearest birthday, before or after; 29 February is kept on the 28th in other years.</summary>
    public int DaysFrom(DateOnly day)
    {
        var birthday = this;
        return Enumerable.Range(day.Year - 1, 3).Where(year => year is >= 1 and <= 9999).Min(year => Math.Abs(birthday.In(year).DayNumber - day.DayNumber));
    }

    DateOnly In(int year) => new(year, Month, Math.Min(Day, DateTime.DaysInMonth(year, Month)));
}

/// <summary>How a customer can be reached, from the facts about them.</summary>
internal static class Reach
{
    /// <summary>Every channel, in the order of their numbers.</summary>
    public static IReadOnlyList<ChannelReach> Of(IReadOnlyCollection<ContactFact> facts, int orderCount, TimeZoneInfo zone)
        => [.. Enum.GetValues<Channel>().Where(c => c != Channel.None).Select(channel => Of(channel, facts, orderCount, zone))];

    public static Birthday? BirthdayOf(IEnumerable<ContactFact> facts) => facts.FirstOrDefault(f => f.Kind == FactKind.Birthday) is { } fact ? Birthday.Of(fact.FactValue) : null;

    static ChannelReach Of(Channel channel, IReadOnlyCollection<ContactFact> facts, int orderCount, TimeZoneInfo zone)
    {
        // Nobody is contacted by service on their own account; it answers those who ask, so consent is no question.
        if (channel == Channel.Service) return new(channel, true, "answers when the customer gets in touch");
        if (Refusal(channel, facts, zone) is { } refusal) return new(channel, false, refusal);
        return channel switch
        {
            Channel.Ads => new(channel, true, "needs no address"),
            Channel.Onsite => new(channel, true, "needs no address; seen at the next visit"),
            Channel.Parcel when orderCount > 0 => new(channel, true, "delivery address known from an order"),
            Channel.Parcel => new(channel, false, "no order, so no delivery address"),
            _ => ByAddress(channel, facts, zone),
        };
    }

    static string? Refusal(Channel channel, IEnumerable<ContactFact> facts, TimeZoneInfo zone) => Find(facts, channel, FactKind.Consent) is { } fact
        ? (Consent)fact.FactValue switch
        {
            Consent.Withdrawn => $"consent withdrawn on {Date(fact, zone)}",
            Consent.Unsubscribed => $"unsubscribed on {Date(fact, zone)}",
            Consent.Complained => $"complained of spam on {Date(fact, zone)}",
            _ => null,
        }
        : null;

    // What the shop tells about its customer outweighs what its messages let us guess.
    static ChannelReach ByAddress(Channel channel, IReadOnlyCollection<ContactFact> facts, TimeZoneInfo zone)
    {
        var address = Find(facts, channel, FactKind.Address);
        var arrived = Find(facts, channel, FactKind.Arrived);
        var bounced = Find(facts, channel, FactKind.Bounced);
        // A device that allowed messages is an address of its own.
        var known = address is not null ? address.FactValue == 1 : arrived is not null || Find(facts, channel, FactKind.Sent) is not null || (channel == Channel.Push && Find(facts, channel, FactKind.Consent) is not null);
        if (!known) return new(channel, false, Missing(channel));
        // A bounce holds until something arrives again, or the shop tells an address again.
        return bounced is not null && !(arrived?.FactTime > bounced.FactTime) && !(address?.FactTime > bounced.FactTime)
            ? new(channel, false, $"bounced on {Date(bounced, zone)}")
            : new(channel, true, address is not null ? "address known" : "messages were sent there before");
    }

    static string Missing(Channel channel) => channel switch
    {
        Channel.Email => "no e-mail address known",
        Channel.Push => "no device known",
        _ => "no telephone number known",
    };

    static ContactFact? Find(IEnumerable<ContactFact> facts, Channel channel, FactKind kind) => facts.FirstOrDefault(f => f.Channel == channel && f.Kind == kind);

    static string Date(ContactFact fact, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(fact.FactTime, zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
