using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Tests.Data;

/// <summary>Histories as they might come, and worse: few orders, so that facts meet; few times, so that they meet exactly.</summary>
static class Arbitrarily
{
    static readonly DateTimeOffset Start = Given.Utc("2010-10-01");
    const int Days = 1_100;

    static Gen<DateTimeOffset> Time() => Gen.OneOf(
        Gen.Choose(0, Days * 24 * 12).Select(n => Start.AddMinutes(5 * n)),
        Gen.Choose(0, Days * 86_400).Select(n => Start.AddSeconds(n).AddMilliseconds(n % 1_000)),
        Gen.Choose(0, 20).Select(n => Start.AddDays(30 * n)));

    static Gen<Fact> Fact() =>
        from kind in Gen.Frequency((5, Gen.Constant(FactKind.Ordered)), (1, Gen.Constant(FactKind.Updated)), (1, Gen.Constant(FactKind.Cancelled)), (2, Gen.Constant(FactKind.Refunded)))
        from time in Time()
        from order in Gen.Choose(1, 8)
        from nameless in Gen.Choose(0, 3)
        from cents in Gen.Choose(0, 5_000)
        from silent in Gen.Choose(0, 3)
        from currency in Gen.Elements("", "", "GBP", "USD")
        let says = kind != FactKind.Cancelled && silent > 0
        select new Fact(kind, time, "", kind == FactKind.Refunded && nameless == 0 ? "" : $"order-{order}", says ? cents / 100m : null, says ? currency : "");

    /// <summary>1 to 14 facts of one customer, in the order in which they came in.</summary>
    public static Gen<Fact[]> Facts() =>
        from count in Gen.Choose(1, 14)
        from facts in Gen.ArrayOf(Fact(), count)
        select facts.Select((f, i) => f with { MessageId = $"m{i}" }).ToArray();

    /// <summary>Anywhere around the facts, or close to where a fact or a boundary is.</summary>
    public static Gen<DateTimeOffset> InstantNear(Fact[] facts, TimeZoneInfo zone)
    {
        var midnights = from fact in Gen.Elements(facts)
                        from days in Gen.Elements(0, 1, 30, 31, 60, 61, 90, 91, 365, 366)
                        from millis in Gen.Choose(-1, 1)
                        select Calendar.StartOf(Calendar.DateOf(fact.Time, zone).AddDays(days), zone).AddMilliseconds(millis);
        var moments = from fact in Gen.Elements(facts)
                      from millis in Gen.Choose(-1, 1)
                      select fact.Time.AddMilliseconds(millis);
        return Gen.OneOf(midnights, moments, Gen.Choose(-100, Days + 900).Select(d => Start.AddDays(d)), Time());
    }

    /// <summary>Events of some customers, each telling one thing; facts of a customer have messages of their own.</summary>
    public static Gen<Sighting[]> Sightings() =>
        from count in Gen.Choose(1, 30)
        from whats in Gen.ArrayOf(Gen.Frequency((3, Fact().Select(f => (Fact?)f)), (1, Gen.Constant<Fact?>(null))), count)
        from whens in Gen.ArrayOf(Time(), count)
        from whos in Gen.ArrayOf(Gen.Elements("user:ann", "user:Ann", "user:bob \"b\\'", "anon:1"), count)
        select whats.Select((fact, i) => new Sighting("shop", whos[i], whos[i].StartsWith("user:", StringComparison.Ordinal), fact?.Time ?? whens[i], fact is null ? null : fact with { MessageId = $"m{i}" })).ToArray();
}
