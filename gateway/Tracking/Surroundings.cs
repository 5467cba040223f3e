using Perennial.Common.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>The <c>context</c> of an item, with that of its envelope under it.</summary>
internal static class Surroundings
{
    /// <summary>Null when it says nothing. What is not text where a text belongs is kept with the rest: no event is worth losing for it.</summary>
    public static Context? Read(Members context, string channel)
    {
        var (page, campaign, library) = (context.Inner("page"), context.Inner("campaign"), context.Inner("library"));
        var read = new Context
        {
            Ip = Text(context, "ip"),
            UserAgent = Text(context, "userAgent") is { Length: > 0 } agent ? agent : Text(context, "user_agent"),
            Locale = Text(context, "locale"),
            PageUrl = Text(page, "url"),
            Referrer = Text(page, "referrer"),
            Library = string.Join('/', new[] { Text(library, "name"), Text(library, "version") }.Where(t => t.Length > 0)),
            CampaignSource = Text(campaign, "source"),
            CampaignMedium = Text(campaign, "medium"),
            CampaignName = Text(campaign, "name"),
            Channel = channel.Length > 0 ? channel : Text(context, "channel"),
        };
        return read.CalculateSize() == 0 ? null : read;
    }

    /// <summary>What nobody else has read of it by now.</summary>
    public static Context? WithRest(this Context? read, Members context)
    {
        if (context.Rest() is not { } rest) return read;
        var all = read ?? new Context();
        all.Other = rest;
        return all;
    }

    static string Text(Members members, string name) => members.TakeText(name) ?? "";
}
