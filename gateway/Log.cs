
namespace Perennial.Gateway;

/// <summary>All that the gateway says. A key is never part of it.</summary>
internal static partial class Log
{
    [LoggerMessage(6001, LogLevel.Warning, "The first key waits: {Problem} Tried again in {PauseMillis} ms")]
    public static partial void FirstKeyWaits(ILogger log, string problem, int pauseMillis);

    [LoggerMessage(6002, LogLevel.Information, "Key '{Name}' of shop {Shop} created")]
    public static partial void KeyCreated(ILogger log, string shop, string name);

    [LoggerMessage(6003, LogLevel.Information, "A key of shop {Shop} revoked")]
    public static partial void KeyRevoked(ILogger log, string shop);

    [LoggerMessage(6004, LogLevel.Warning, "{Method} {Path}: the house behind it answered {Code}: {Detail}")]
    public static partial void UpstreamFailed(ILogger log, string method, string path, string code, string detail);

    [LoggerMessage(6005, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Fault(ILogger log, Exception error, string method, string path);

    [LoggerMessage(6006, LogLevel.Error, "{Method} refuses the gateway's service token; Access:ServiceToken must be the same in every process")]
    public static partial void ServiceTokenRefused(ILogger log, string method);

    [LoggerMessage(6007, LogLevel.Warning, "{Path}: gRPC was not passed through: {Error}")]
    public static partial void PassthroughFailed(ILogger log, string path, string error, Exception? exception);

    [LoggerMessage(6008, LogLevel.Error, "{Path}: events were not recorded, ingestion answered {Code}: {Detail} Senders were asked to come again")]
    public static partial void NotRecorded(ILogger log, string path, string code, string detail);

    [LoggerMessage(6009, LogLevel.Error, "The quarantine of shop {Shop} is full: faulty events are refused and lost from now on. Replay what is there, or raise Ingestion:QuarantineEventsMax")]
    public static partial void QuarantineFull(ILogger log, string shop);

    [LoggerMessage(6010, LogLevel.Error, "{Path}: {Events} faulty events were not quarantined, ingestion answered {Code}: {Detail}")]
    public static partial void NotQuarantined(ILogger log, string path, int events, string code, string detail);

    [LoggerMessage(6021, LogLevel.Warning, "Webhook {Webhook} of shop {Shop} waits for the feed or the store, tried again: {Problem}")]
    public static partial void WebhookWaits(ILogger log, string shop, string webhook, string problem);

    [LoggerMessage(6022, LogLevel.Warning, "Webhook {Webhook} of shop {Shop}: the event at position {Position} is a dead letter after {Attempts} attempts, the last one failed with {Failure} {Status}")]
    public static partial void DeadLetter(ILogger log, string shop, string webhook, long position, int attempts, string failure, int status);

    [LoggerMessage(6023, LogLevel.Warning, "Webhook {Webhook} of shop {Shop} is disabled: {Reason}")]
    public static partial void WebhookDisabled(ILogger log, string shop, string webhook, string reason);

    [LoggerMessage(6024, LogLevel.Warning, "The leases of the webhooks cannot be read or written, tried again")]
    public static partial void WebhookLeasesFailed(ILogger log, Exception error);
}
