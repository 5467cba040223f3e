using Perennial.Common.V1;

namespace Perennial.AllInOne.Demo;

/// <summary>Wire values as people read them.</summary>
internal static class Words
{
    /// <summary>CHANNEL_EMAIL is "email".</summary>
    public static string Name(this Channel channel) => channel.ToString().ToLowerInvariant();

    public static string Meaning(string stage) => stage switch
    {
        "prospect" => "known, no order that counts",
        "new" => "1 order, within 30 days",
        "promising" => "2-3 orders, the last within 60 days",
        "loyal" => "4 or more orders, the last within 90 days",
        "drifting" => "1-3 orders, the last up to 90 days ago",
        "sleeper" => "1-3 orders, the last 91 or more days ago",
        "at_risk" => "4 or more orders, the last 91-365 days ago",
        "red_alert" => "4 or more orders, the last over a year ago",
        _ => "",
    };
}
