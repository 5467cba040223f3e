namespace Perennial.Segmentation.Domain;

/// <summary>A shop as this house needs it.</summary>
/// <param name="Zone">Counts the shop's calendar days now; what a derivation counts, it counts in its own.</param>
/// <param name="Currency">ISO 4217, upper case: the currency of every value.</param>
/// <param name="Number">What this house calls it in keys.</param>
internal sealed record Shop(string Id, TimeZoneInfo Zone, string Currency, int Number = 0);

/// <summary>A shop as the log announces it, in every partition. Of several announcements the latest holds, whichever partition tells it first.</summary>
/// <param name="UpdateTime">When the settings were made: later for each change.</param>
internal sealed record ShopSettings(string Shop, string TimeZone, string Currency, DateTimeOffset UpdateTime);
