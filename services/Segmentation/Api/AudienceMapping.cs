using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using FieldValue = Perennial.Segmentation.V1.FieldValue;
using OverlaySettings = Perennial.Segmentation.Domain.OverlaySettings;

namespace Perennial.Segmentation.Api;

/// <summary>Audiences and overlays as answers, and what requests must look like.</summary>
internal static class AudienceMapping
{
    const int TitleLengthMax = 200, DaysMax = 3_650, DaysOtherwise = 30, Decimals = 4;
    const double MultipleMax = 1_000_000;

    public static Violations Audience(this Violations violations, string id)
        => violations.Require(ModelRules.IsId(id), "audience", "must have 1 to 50 characters a-z, 0-9 and hyphens, starting with a letter");

    /// <summary>A saved audience or a filter, not both.</summary>
    public static Violations AudienceOrFilter(this Violations violations, string audience, string filter)
        => (audience.Length == 0 ? violations : violations.Audience(audience)).Require(audience.Length == 0 || filter.Length == 0, "filter", "must be empty where audience is given");

    public static Violations Title(this Violations violations, string title) => violations.Text(title, "title", 0, TitleLengthMax);

    public static Violations Settings(this Violations violations, V1.OverlaySettings? settings)
    {
        if (settings is null) return violations.Add("settings", "is required");
        return violations
            .Require(!settings.HasVipSpendMultiple || IsIn(settings.VipSpendMultiple, MultipleMax, isWithMost: true), "settings.vip_spend_multiple", "must be above 0, at most 1,000,000, with at most four decimals")
            .Require(!settings.HasVipTopPercent || IsIn(settings.VipTopPercent, 100, isWithMost: false), "settings.vip_top_percent", "must be above 0 and below 100, with at most four decimals")
            .Require(settings.WarmDays is >= 0 and <= DaysMax, "settings.warm_days", $"must be 1 to {DaysMax}, or 0 for {DaysOtherwise}")
            .Require(settings.NewCustomerDays is >= 0 and <= DaysMax, "settings.new_customer_days", $"must be 1 to {DaysMax}, or 0 for {DaysOtherwise}");

        static bool IsIn(double value, double most, bool isWithMost)
            => value > 0 && (value < most || (isWithMost && value == most)) && decimal.Round((decimal)value, Decimals) is var rounded && rounded > 0 && (double)rounded == value;
    }

    public static OverlaySettings ToDomain(V1.OverlaySettings settings) => new(
        settings.HasVipTopPercent ? null : settings.HasVipSpendMultiple ? (decimal)settings.VipSpendMultiple : OverlaySettings.Default.VipSpendMultiple,
        settings.HasVipTopPercent ? (decimal)settings.VipTopPercent : null,
        settings.WarmDays == 0 ? DaysOtherwise : settings.WarmDays,
        settings.NewCustomerDays == 0 ? DaysOtherwise : settings.NewCustomerDays);

    public static V1.OverlaySettings ToProto(string shop, OverlayState state)
    {
        var proto = new V1.OverlaySettings { Shop = shop, Revision = state.Revision, CreateTime = state.CreateTime?.ToTimestamp(), WarmDays = state.Settings.WarmDays, NewCustomerDays = state.Settings.NewCustomerDays };
        if (state.Settings.VipSpendMultiple is { } multiple) proto.VipSpendMultiple = (double)multiple;
        if (state.Settings.VipTopPercent is { } percent) proto.VipTopPercent = (double)percent;
        return proto;
    }

    public static V1.Overlay ToProto(Domain.Overlay overlay, TimeZoneInfo zone)
    {
        var proto = new V1.Overlay { Overlay_ = overlay.Name, Why = overlay.Why, ChangeTime = overlay.Until is { } until ? Calendar.StartOf(until, zone).ToTimestamp() : null };
        if (overlay.Holds is { } holds) proto.Holds = holds;
        return proto;
    }

    public static V1.Audience ToProto(string shop, AudienceState state) => new()
    {
        Shop = shop,
        Audience_ = state.Id,
        Title = state.Title,
        Filter = state.Filter,
        CanonicalFilter = AudienceFilters.Canonical(state.Filter),
        Revision = state.Revision,
        Etag = state.Etag,
        CreateTime = state.CreateTime.ToTimestamp(),
        UpdateTime = state.UpdateTime.ToTimestamp(),
        MemberCount = state.Members,
        Deriving = state.IsDeriving,
    };

    public static FieldValue ToProto(Domain.Audiences.FieldValue value) => value.Kind switch
    {
        FieldKind.Text => new FieldValue { Text = value.AsText },
        FieldKind.Number => new FieldValue { Number = (double)value.AsNumber },
        FieldKind.Flag => new FieldValue { Flag = value.AsFlag },
        FieldKind.Instant => new FieldValue { Time = value.AsInstant.ToTimestamp() },
        _ => new FieldValue(),
    };
}
