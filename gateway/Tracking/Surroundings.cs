using System.Text.Json;
using Perennial.Common.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>The <c>context</c> of an item over that of its envelope: what the item says wins, name by name.</summary>
internal readonly struct Surroundings(JsonElement? own, JsonElement? shared)
{
    public JsonElement? Get(string name) => own.Get(name) ?? shared.Get(name);

    /// <summary>Null when it says nothing that we keep. What is not text here is left out: no event is worth losing for it.</summary>
    public Context? Read(JsonElement? channel)
    {
        var (page, campaign, library) = (Get("page"), Get("campaign"), Get("library"));
        var context = new Context
        {
            Ip = Text("ip"),
            UserAgent = Text("userAgent") is { Length: > 0 } agent ? agent : Text("user_agent"),
            Locale = Text("locale"),
            PageUrl = page.Get("url")?.Text() ?? "",
            Referrer = page.Get("referrer")?.Text() ?? "",
            Library = string.Join('/', new[] { library.Get("name")?.Text(), library.Get("version")?.Text() }.Where(t => !string.IsNullOrEmpty(t))),
            CampaignSource = campaign.Get("source")?.Text() ?? "",
            CampaignMedium = campaign.Get("medium")?.Text() ?? "",
            CampaignName = campaign.Get("name")?.Text() ?? "",
            Channel = channel?.Text() ?? "",
        };
        return context.CalculateSize() == 0 ? null : context;
    }

    string Text(string name) => Get(name)?.Text() ?? "";
}
