namespace Perennial.Segmentation.Domain;

/// <summary>A shop as this house needs it.</summary>
/// <param name="Zone">Counts the shop's calendar days.</param>
/// <param name="Currency">ISO 4217, upper case: the currency of every value.</param>
/// <param name="Number">What this house calls it in keys.</param>
internal sealed record Shop(string Id, TimeZoneInfo Zone, string Currency, int Number = 0);

/// <summary>A shop as the log announces it. It never changes afterwards.</summary>
internal sealed record ShopSettings(string Shop, string TimeZone, string Currency);
