namespace Perennial.EngagementTracking;

/// <summary>All that this house says, numbered from 4001.</summary>
internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Debug, "Partition {Partition}: applied {Events} events up to position {Position}")]
    internal static partial void Applied(ILogger log, int partition, int events, long position);

    [LoggerMessage(4002, LogLevel.Information, "Partition {Partition}: another replica moved the checkpoint beyond {Position}; reading again from there")]
    internal static partial void Overtaken(ILogger log, int partition, long position);
}
