using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;

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

    /// <summary>None as often as all others.</summary>
    public static Gen<Touch> Touch() => Gen.Frequency(
        (4, Gen.Constant(default(Touch))),
        (1, Gen.Constant(new Touch(TouchKind.Visit))),
        (1, Gen.Constant(new Touch(TouchKind.Action))),
        (2, from kind in Gen.Elements(TouchKind.Opened, TouchKind.Clicked) from channel in Gen.Elements(Channel.Email, Channel.Push) select new Touch(kind, channel)));

    static Gen<Activity> Activity() =>
        from kind in Gen.Elements(Enum.GetValues<ActivityKind>())
        from time in Time()
        from message in Gen.Choose(1, 1_000)
        from touch in Touch()
        select new Activity(kind, time, $"a{message}", touch);

    static Gen<Opinion> Opinion() =>
        from kind in Gen.Elements(Enum.GetValues<OpinionKind>())
        from time in Time()
        from score in Gen.Choose(-2, 10)
        select new Opinion(kind, time, "", score < 0 ? (kind == OpinionKind.NpsAnswer ? 0 : null) : score / (kind == OpinionKind.Review ? 2m : 1));

    /// <summary>Up to 12 signs of life of one customer, some of the same day.</summary>
    public static Gen<Activity[]> Activities() =>
        from count in Gen.Choose(0, 6)
        from activities in Gen.ArrayOf(Activity(), count)
        from hours in Gen.ArrayOf(Gen.Choose(-20, 20), count)
        from kinds in Gen.ArrayOf(Gen.Elements(Enum.GetValues<ActivityKind>()), count)
        from touches in Gen.ArrayOf(Touch(), count)
        select activities.Concat(activities.Select((a, i) => new Activity(kinds[i], a.Time.AddHours(hours[i]), $"b{i}", touches[i]))).ToArray();

    static readonly string[] TraitNames = ["age", "news", "plan"];

    /// <summary>Of every kind, some that look alike, and some on either side of what UTF-16 and UTF-8 sort otherwise.</summary>
    static readonly FieldValue[] TraitValues =
    [
        .. ((string[])["gold", "gold plus", "gold ", "Gold", "silver", "", "g", "ab", "aba", "abba", "4", "true", "é", "\ud7ff", "\ue000", "\uff01", "😀", "gold 😀"]).Select(FieldValue.Of),
        .. ((decimal?[])[41, 41.5m, 0, -1.000001m, 4, 8_999_999_999_999]).Select(FieldValue.Of), FieldValue.Of((bool?)true), FieldValue.Of((bool?)false), default,
    ];

    /// <summary>Few names and values, so that the same is said again.</summary>
    static Gen<Identification> Identification() =>
        from names in Gen.SubListOf(TraitNames)
        from values in Gen.ArrayOf(Gen.OneOf(Gen.Elements(TraitValues), Gen.Elements(TraitValues[..3])), TraitNames.Length)
        select new Identification(default, "", [.. names.Order(StringComparer.Ordinal).Select((n, i) => new Trait(n, values[i]))]);

    /// <summary>Up to 5 of one customer.</summary>
    public static Gen<Identification[]> Identifications() =>
        from count in Gen.Choose(0, 5)
        from said in Gen.ArrayOf(Identification(), count)
        from times in Gen.ArrayOf(Time(), count)
        select said.Select((s, i) => s with { Time = times[i], MessageId = $"i{i}" }).ToArray();

    /// <summary>Up to 5 opinions of one customer.</summary>
    public static Gen<Opinion[]> Opinions() =>
        from count in Gen.Choose(0, 5)
        from opinions in Gen.ArrayOf(Opinion(), count)
        select opinions.Select((o, i) => o with { MessageId = $"o{i}" }).ToArray();

    /// <summary>Anywhere around the facts, or close to where a fact or a boundary is.</summary>
    public static Gen<DateTimeOffset> InstantNear(Fact[] facts, TimeZoneInfo zone)
    {
        var midnights = from fact in Gen.Elements(facts)
                        from days in Gen.Elements(0, 1, 17, 30, 31, 46, 47, 60, 61, 63, 64, 65, 90, 91, 365, 366)
                        from millis in Gen.Choose(-1, 1)
                        select Calendar.StartOf(Calendar.DateOf(fact.Time, zone).AddDays(days), zone).AddMilliseconds(millis);
        var moments = from fact in Gen.Elements(facts)
                      from millis in Gen.Choose(-1, 1)
                      select fact.Time.AddMilliseconds(millis);
        return Gen.OneOf(midnights, moments, Gen.Choose(-100, Days + 900).Select(d => Start.AddDays(d)), Time());
    }

    /// <summary>How long until somebody knows of something: mostly at once, some on the same days, one before its time.</summary>
    static Gen<TimeSpan> Delay() => Gen.Frequency(
        (4, Gen.Choose(0, 5_000).Select(n => TimeSpan.FromMilliseconds(n))), (2, Gen.Choose(0, 4).Select(n => TimeSpan.FromDays(100 * n))), (1, Gen.Choose(1, 10_000).Select(n => TimeSpan.FromMinutes(n))), (1, Gen.Constant(TimeSpan.FromSeconds(-90))));

    /// <summary>Events of some customers, each telling one thing; facts of a customer have messages of their own.</summary>
    public static Gen<Sighting[]> Sightings() =>
        from count in Gen.Choose(1, 30)
        from whats in Gen.ArrayOf(Gen.Frequency((3, Fact().Select(f => (Fact?)f)), (1, Gen.Constant<Fact?>(null))), count)
        from whens in Gen.ArrayOf(Time(), count)
        from whos in Gen.ArrayOf(Gen.Elements("user:ann", "user:Ann", "user:bob \"b\\'", "anon:1"), count)
        from seen in Gen.ArrayOf(Gen.Frequency((2, Activity().Select(a => (Activity?)a)), (1, Gen.Constant<Activity?>(null))), count)
        from said in Gen.ArrayOf(Gen.Frequency((1, Opinion().Select(o => (Opinion?)o)), (3, Gen.Constant<Opinion?>(null))), count)
        from traits in Gen.ArrayOf(Gen.Frequency((1, Identification().Select(i => (Identification?)i)), (1, Gen.Constant<Identification?>(null))), count)
        from delays in Gen.ArrayOf(Delay(), count)
        select whats.Select((fact, i) => new Sighting("shop", whos[i], whos[i].StartsWith("user:", StringComparison.Ordinal), fact?.Time ?? whens[i], fact is null ? null : fact with { MessageId = $"m{i}" })
        {
            Known = (fact?.Time ?? whens[i]) + delays[i],
            Activity = fact is null && seen[i] is { } activity ? activity with { Time = whens[i], MessageId = $"m{i}" } : null,
            Opinion = fact is null && said[i] is { } opinion ? opinion with { Time = whens[i], MessageId = $"m{i}" } : null,
            Traits = fact is null && traits[i] is { Traits.Count: > 0 } told ? told with { Time = whens[i], MessageId = $"m{i}" } : null,
        }).ToArray();
}
