using System.Globalization;
using Perennial.Segmentation.Domain;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Tests;

/// <summary>Short words for what tests start from.</summary>
static class Given
{
    internal static readonly TimeZoneInfo London = Zone("Europe/London");
    internal static readonly BoundModel Clc = new(BuiltInModels.Default, BuiltInModels.Revision, BuiltInModels.All[BuiltInModels.Default]);

    /// <summary>Figures by hand: an average of 50, a lapse after 63 days, cut points with a tie.</summary>
    internal static readonly Population Figures = new(50, 63, new([16.2m, 30, 46, 64], [1, 1, 1, 2], [14.37m, 21.984m, 33.96m, 58.7m]), "");

    /// <summary>Every built-in model, against <see cref="Figures"/> where it needs one.</summary>
    internal static readonly IReadOnlyList<BoundModel> BuiltIn = [.. BuiltInModels.All.Select(m => new BoundModel(m.Key, BuiltInModels.Revision, m.Value, m.Value.Needs.Any() ? 1 : 0, m.Value.Needs.Any() ? Figures : null))];

    internal static TimeZoneInfo Zone(string id) => TimeZoneInfo.FindSystemTimeZoneById(id);

    /// <summary>"2011-06-30" or "2011-06-30T10:00:00Z".</summary>
    internal static DateTimeOffset Utc(string instant) => DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    internal static DateOnly Date(string date) => DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>An instant on the zone's clocks; of two, the earlier.</summary>
    internal static DateTimeOffset Local(DateOnly date, TimeZoneInfo zone, TimeSpan time)
    {
        var local = date.ToDateTime(TimeOnly.MinValue) + time;
        return new DateTimeOffset(local, zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local)).ToUniversalTime();
    }

    /// <summary>The last millisecond of a shop-local day.</summary>
    internal static DateTimeOffset EndOf(DateOnly date, TimeZoneInfo zone) => Calendar.StartOf(date.AddDays(1), zone).AddMilliseconds(-1);

    internal static Fact Ordered(string order, string time, decimal? amount = 10, string currency = "") => Fact(FactKind.Ordered, order, time, amount, currency);
    internal static Fact Updated(string order, string time, decimal? amount = null, string currency = "") => Fact(FactKind.Updated, order, time, amount, currency);
    internal static Fact Cancelled(string order, string time) => Fact(FactKind.Cancelled, order, time, null, "");
    internal static Fact Refunded(string order, string time, decimal? amount = null, string currency = "") => Fact(FactKind.Refunded, order, time, amount, currency);

    /// <summary>A message id of its own for every fact that is told apart by its words.</summary>
    static Fact Fact(FactKind kind, string order, string time, decimal? amount, string currency)
        => new(kind, Utc(time), string.Create(CultureInfo.InvariantCulture, $"{kind}-{order}-{time}-{amount}{currency}"), order, amount, currency);

    internal static PurchaseHistory PurchasesOf(params Fact[] facts) => PurchaseHistory.Of(facts.Min(f => f.Time), facts, "GBP");

    internal static History HistoryOf(params Fact[] facts) => History.Of(facts.Min(f => f.Time), facts, "GBP");

    /// <summary>Orders at these instants, nothing else.</summary>
    internal static History OrdersAt(params IEnumerable<DateTimeOffset> times)
        => HistoryOf([.. times.Select((t, i) => new Fact(FactKind.Ordered, t, $"m{i}", $"o{i}", 10, ""))]);

    /// <summary>Where a model puts somebody with that many orders, all placed on one day.</summary>
    /// <param name="days">Since then; null exactly where there is no order.</param>
    internal static Lifecycle Placed(BoundModel model, int orders, int? days)
    {
        var first = Utc("2011-01-01T12:00:00Z");
        var history = orders == 0 ? History.Of(first, [], "GBP") : OrdersAt(Enumerable.Repeat(first, orders));
        return Lifecycle.At(history, model, London, days is { } after ? EndOf(DateOnly.FromDateTime(first.Date).AddDays(after), London) : first)!;
    }

    /// <summary>What was added to a customer's value, and when: the value at an instant is the sum up to and with it.</summary>
    internal static IEnumerable<(DateTimeOffset Time, decimal Amount)> ValueChanges(this PurchaseHistory history)
    {
        var value = 0m;
        foreach (var point in history.Points)
        {
            if (point.Value == value) continue;
            yield return (point.From, point.Value - value);
            value = point.Value;
        }
    }
}
