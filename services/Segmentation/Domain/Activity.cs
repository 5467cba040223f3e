namespace Perennial.Segmentation.Domain;

/// <summary>What kind of sign of life an event is; each kind is also every kind of a lower number. The numbers are stored.</summary>
internal enum ActivityKind
{
    /// <summary>Anything that the customer did.</summary>
    Event = 1,
    /// <summary>They were in the shop.</summary>
    Visit = 2,
    /// <summary>They looked at what the shop sells.</summary>
    View = 3,
}

/// <summary>A sign of life of a customer.</summary>
/// <param name="Touch">What it says of how engaged they are.</param>
internal sealed record Activity(ActivityKind Kind, DateTimeOffset Time, string MessageId, Touch Touch = default)
{
    static readonly Comparer<Activity> First = Comparer<Activity>.Create(Compare);

    /// <summary>
    /// The same as far as days go, at any instant: of each day and kind the first, unless one that is more came no later, and the first of each touch. Depends on the set alone.
    /// </summary>
    public static IReadOnlyList<Activity> FirstsOfDays(IEnumerable<Activity> activities, TimeZoneInfo zone)
    {
        if (activities is IReadOnlyCollection<Activity> { Count: 0 }) return [];
        var (firsts, day, begin, seen) = (new List<Activity>(), default(DateOnly?), 0, default(ActivityKind));
        foreach (var activity in Sorted(activities))
        {
            var date = Calendar.DateOf(activity.Time, zone);
            if (date != day) (day, begin, seen) = (date, firsts.Count, default);
            if (activity.Kind <= seen && (activity.Touch == default || firsts.FindIndex(begin, f => f.Touch == activity.Touch) >= 0)) continue;
            if (activity.Kind > seen) seen = activity.Kind;
            firsts.Add(activity);
        }
        return firsts;
    }

    // A record keeps them in order.
    static IReadOnlyList<Activity> Sorted(IEnumerable<Activity> activities)
    {
        IReadOnlyList<Activity> all = activities as IReadOnlyList<Activity> ?? [.. activities];
        for (var i = 1; i < all.Count; i++)
            if (Compare(all[i - 1], all[i]) > 0) return [.. all.Order(First)];
        return all;
    }

    /// <summary>
    /// Quarters of an hour, counted. Days of every zone of today begin at one, so that the first of each kind in each says all that can be asked of days, whatever
    /// the shop's zone is or becomes.
    /// </summary>
    public long Slot => Time.ToUnixTimeMilliseconds() / 900_000;

    /// <summary>Whether beside an activity another says nothing of days: it is of the same slot, no more, of no other touch, and came no earlier.</summary>
    public static bool MakesVoid(Activity activity, Activity other)
        => activity.Kind >= other.Kind && (other.Touch == default || activity.Touch == other.Touch) && activity.Slot == other.Slot && Compare(activity, other) <= 0;

    // Of one instant the most comes first, so that it makes the others void.
    public static int Compare(Activity a, Activity b)
        => a.Time != b.Time ? a.Time.CompareTo(b.Time)
        : a.Kind != b.Kind ? b.Kind.CompareTo(a.Kind)
        : string.CompareOrdinal(a.MessageId, b.MessageId) is not 0 and var order ? order
        : a.Touch.CompareTo(b.Touch);
}

/// <summary>What a customer says of the shop. The numbers are stored.</summary>
internal enum OpinionKind
{
    Referral = 1,
    Review = 2,
    Share = 3,
    NpsAnswer = 4,
}

/// <param name="Score">Of a review that has one the rating, of an answer 0 to 10. At most four decimals.</param>
internal sealed record Opinion(OpinionKind Kind, DateTimeOffset Time, string MessageId, decimal? Score)
{
    public static int Compare(Opinion a, Opinion b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : string.CompareOrdinal(a.MessageId, b.MessageId);
}
