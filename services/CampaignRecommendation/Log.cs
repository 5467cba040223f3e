namespace Perennial.CampaignRecommendation;

/// <summary>All that this house says, numbered from 5001.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Debug, "Partition {Partition}: applied {Events} events up to position {Position}")]
    internal static partial void Applied(ILogger log, int partition, int events, long position);

    [LoggerMessage(5002, LogLevel.Information, "Partition {Partition}: another replica moved the checkpoint beyond {Position}; reading again from there")]
    internal static partial void Overtaken(ILogger log, int partition, long position);

    [LoggerMessage(5003, LogLevel.Information, "Default playbook: revision {Revision} with {Plays} plays")]
    internal static partial void Seeded(ILogger log, long revision, int plays);
}
