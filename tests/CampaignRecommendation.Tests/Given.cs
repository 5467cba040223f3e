using Google.Protobuf.WellKnownTypes;
using Perennial.CampaignRecommendation.Domain;
using Perennial.CampaignRecommendation.Storage.Playbooks;
using Perennial.Common.V1;
using Channel = Perennial.CampaignRecommendation.Domain.Channel;

namespace Perennial.CampaignRecommendation.Tests;

/// <summary>Facts as tests name them.</summary>
static class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
    public static readonly DateOnly Today = new(2026, 3, 10);

    public static Playbook DefaultPlaybook { get; } = PlaybookFile.Parse(PlaybookFile.DefaultText());

    public static Play Play(string id = "play", PlayConditions? conditions = null, string reason = "Because.", string strategy = "S1", Channel channel = Channel.Service, decimal cost = 1, params string[] stages)
        => new(id, strategy, stages.Length == 0 ? PlaybookRules.Stages : stages, conditions ?? PlayConditions.None, "Do it", [new PlayChannel(channel, cost)], reason, "crm");

    public static Inputs Inputs(string stage = "loyal", int orders = 4, int? days = 10, int inStage = 40, decimal value = 400, bool warm = false, (string Stage, int InDays)? next = null, Birthday? birthday = null, params ContactFact[] facts)
        => new(stage, Today.AddDays(-inStage), orders, days, value, "GBP", warm ? 1.62 : 0.25, warm, next?.Stage, next is { } n ? Today.AddDays(n.InDays) : null, Today, birthday, Reach.Of(facts, orders, TimeZoneInfo.Utc));

    public static ContactFact Fact(Channel channel, FactKind kind, int value, DateTimeOffset? time = null, string messageId = "m1", string customer = "user:1")
        => new() { Shop = "demo", Customer = customer, Channel = channel, Kind = kind, FactTime = time ?? Noon, MessageId = messageId, FactValue = value };

    public static ShopSettings Shop(string shop = "demo", string currency = "GBP", DateTimeOffset? time = null, string messageId = "s1")
        => new() { Shop = shop, TimeZone = "Europe/London", CurrencyCode = currency, FactTime = time ?? Noon.AddYears(-5), MessageId = messageId };

    public static RecordedEvent Recorded(string customer, DateTimeOffset time, Action<Event> payload)
    {
        var e = new Event { MessageId = Guid.NewGuid().ToString("N") };
        payload(e);
        return new RecordedEvent { Shop = "demo", Customer = customer, Identified = customer.StartsWith("user:", StringComparison.Ordinal), EventTime = time.ToTimestamp(), ReceiveTime = time.ToTimestamp(), Event = e };
    }

    public static RecordedEvent ShopConfigured(string timeZone = "Europe/London", string currencyCode = "GBP")
        => Recorded("", Noon.AddYears(-5), e => e.ShopConfigured = new ShopConfigured { TimeZone = timeZone, CurrencyCode = currencyCode });
}
