namespace Perennial.Segmentation.Domain;

/// <summary>What a customer adds to the counts of a model from an instant on, until their next share.</summary>
/// <param name="Stage">Null: they are counted no more.</param>
internal readonly record struct StageShare(DateTimeOffset From, Stage? Stage, decimal Value);

/// <summary>
/// What a customer adds to, or takes from, a stage. Sums of these over all customers are the counts of a model: of the days before an instant, and of its own day
/// those that come with its first moment.
/// </summary>
/// <param name="Day">In the shop's zone, since 0001-01-01.</param>
/// <param name="IsAtStart">At the day's first moment, as all that the clock alone brings.</param>
internal readonly record struct StageStep(int Day, bool IsAtStart, Stage Stage, int Customers, decimal Value);

/// <summary>A customer's stages and value together, as counts of a model add them up.</summary>
internal static class StageShares
{
    /// <summary>From first seen on; neighbours differ.</summary>
    public static List<StageShare> Of(History history, IReadOnlyList<StageInterval> timeline)
    {
        var shares = new List<StageShare>(timeline.Count + history.Purchases.Points.Count + 1);
        var (points, point) = (history.Purchases.Points, 0);
        foreach (var stay in timeline)
        {
            while (point + 1 < points.Count && points[point + 1].From <= stay.From) point++;
            Append(new StageShare(stay.From, stay.Stage, points[point].Value));
            for (; point + 1 < points.Count && points[point + 1].From < stay.To; point++) Append(new StageShare(points[point + 1].From, stay.Stage, points[point + 1].Value));
        }
        if (history.End < Calendar.Forever) Append(new StageShare(history.End, null, 0));
        return shares;

        void Append(StageShare share)
        {
            if (shares.Count == 0 || shares[^1].Stage != share.Stage || shares[^1].Value != share.Value) shares.Add(share);
        }
    }

    /// <summary>What each share changes, and when.</summary>
    /// <param name="first">The first share whose steps are asked for.</param>
    public static IEnumerable<StageStep> Steps(IReadOnlyList<StageShare> shares, TimeZoneInfo zone, int first = 0)
    {
        StageShare? before = first == 0 ? null : shares[first - 1];
        for (var i = first; i < shares.Count; i++)
        {
            var share = shares[i];
            var date = Calendar.DateOf(share.From, zone);
            var isAtStart = Calendar.StartOf(date, zone) == share.From;
            if (before is { Stage: { } left } last)
            {
                if (left == share.Stage)
                {
                    yield return new StageStep(date.DayNumber, isAtStart, left, 0, share.Value - last.Value);
                    before = share;
                    continue;
                }
                yield return new StageStep(date.DayNumber, isAtStart, left, -1, -last.Value);
            }
            if (share.Stage is { } entered) yield return new StageStep(date.DayNumber, isAtStart, entered, 1, share.Value);
            before = share;
        }
    }

    /// <summary>The share that holds at an instant; null before the first.</summary>
    public static StageShare? At(IReadOnlyList<StageShare> shares, DateTimeOffset instant)
    {
        StageShare? found = null;
        for (var i = 0; i < shares.Count && shares[i].From <= instant; i++) found = shares[i];
        return found;
    }
}
