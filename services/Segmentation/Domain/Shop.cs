namespace Perennial.Segmentation.Domain;

/// <summary>A shop as this house needs it.</summary>
/// <param name="Zone">Counts the shop's calendar days.</param>
/// <param name="Currency">ISO 4217, upper case: the currency of every value.</param>
internal sealed record Shop(string Id, TimeZoneInfo Zone, string Currency);

/// <summary>A shop as the log announces it. It never changes afterwards.</summary>
internal sealed record ShopSettings(string Shop, string TimeZone, string Currency);
