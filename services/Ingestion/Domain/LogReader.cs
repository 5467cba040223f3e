using System.Text.RegularExpressions;

namespace Perennial.Ingestion.Domain;

/// <summary>Names a reader of the log.</summary>
/// <param name="Shop">Empty for a reader of every shop.</param>
internal sealed partial record ReaderId(string Shop, string Name)
{
    public const int NameLengthMax = 63;

    public static bool IsName(string name) => NameShape().IsMatch(name);

    [GeneratedRegex(@"^[a-z0-9-]{1,63}\z")]
    private static partial Regex NameShape();
}

/// <summary>A registered reader and how far it has come.</summary>
/// <param name="Partitions">One for each partition of the log, ascending.</param>
/// <param name="ReportTime">When it last reported or connected.</param>
internal sealed record LogReader(ReaderId Id, DateTimeOffset ReportTime, IReadOnlyList<ReaderPartition> Partitions)
{
    /// <summary>Events recorded and not applied.</summary>
    public long LagEvents => Partitions.Sum(p => p.LagEvents);

    /// <summary>Age of the oldest event that is not applied; zero when all are.</summary>
    public TimeSpan LagTime(DateTimeOffset now)
        => Partitions.Min(p => p.OldestTime) is { } oldest && oldest < now ? now - oldest : TimeSpan.Zero;
}

/// <summary>A partition as a reader has it.</summary>
/// <param name="Position">Everything up to here is applied.</param>
/// <param name="Low">Everything up to here was removed by retention: no reader waits for it.</param>
/// <param name="OldestTime">When the first event that is not applied was received; null when all are.</param>
internal sealed record ReaderPartition(int Partition, long Position, long Low, long Head, DateTimeOffset? OldestTime)
{
    public long LagEvents => Math.Max(0, Head - Math.Max(Position, Low));
}
