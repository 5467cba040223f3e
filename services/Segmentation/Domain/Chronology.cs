namespace Perennial.Segmentation.Domain;

internal static class Chronology
{
    /// <summary>How many of these, ascending by time, lie no later than an instant.</summary>
    public static int CountUntil<T>(IReadOnlyList<T> items, DateTimeOffset instant, Func<T, DateTimeOffset> timeOf)
    {
        var (low, high) = (0, items.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (timeOf(items[middle]) <= instant) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
