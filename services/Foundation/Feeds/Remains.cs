using Perennial.Common.V1;

namespace Perennial.Foundation.Feeds;

/// <summary>What the log keeps of somebody who was erased: counts go on being true, and nobody is left to be addressed.</summary>
public static class Remains
{
    const string Prefix = "erased:";

    public static bool AreOf(RecordedEvent recorded)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        return recorded.Customer.StartsWith(Prefix, StringComparison.Ordinal);
    }
}
