namespace Perennial.Ingestion;

/// <summary>All that this house says, numbered from 2001.</summary>
internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Information, "Shop {Shop} created: time zone {TimeZone}, currency {Currency}")]
    public static partial void ShopCreated(this ILogger log, string shop, string timeZone, string currency);

    [LoggerMessage(2002, LogLevel.Information, "The log has {Partitions} partitions and {Events} events")]
    public static partial void LogOpened(this ILogger log, int partitions, long events);

    [LoggerMessage(2003, LogLevel.Error, "A commit of {Events} events of {Calls} calls failed; the callers are asked to send them again")]
    public static partial void CommitFailed(this ILogger log, int events, int calls, Exception error);

    [LoggerMessage(2004, LogLevel.Warning, "The heads of the log could not be read; tried again in {PauseMillis} ms")]
    public static partial void HeadsUnreadable(this ILogger log, int pauseMillis, Exception error);

    // The sender hears every violation; here it is for whoever looks into one.
    [LoggerMessage(2005, LogLevel.Debug, "{Refused} of {Events} events of shop {Shop} were refused; the first: {Field} {Reason}")]
    public static partial void EventsRefused(this ILogger log, int refused, int events, string shop, string field, string reason);

    [LoggerMessage(2006, LogLevel.Warning, "The message keys could not be put in order; tried again in {PauseMillis} ms")]
    public static partial void KeysUntidy(this ILogger log, int pauseMillis, Exception error);

    [LoggerMessage(2007, LogLevel.Warning, "The history of merged customers could not be moved; tried again in {PauseMillis} ms")]
    public static partial void HistoryStuck(this ILogger log, int pauseMillis, Exception error);

    [LoggerMessage(2071, LogLevel.Information, "Import {Import} of shop {Shop} goes on at {Checkpoint}: {Source}")]
    public static partial void ImportOpened(this ILogger log, string import, string shop, long checkpoint, string source);

    [LoggerMessage(2072, LogLevel.Information, "Import {Import} of shop {Shop} is done: {Recorded} events recorded, {Duplicate} had been before, {Refused} refused")]
    public static partial void ImportDone(this ILogger log, string import, string shop, long recorded, long duplicate, long refused);

    [LoggerMessage(2008, LogLevel.Information, "Shop {Shop} counts its days in {TimeZone} from here on; it was {Former}")]
    public static partial void ShopUpdated(this ILogger log, string shop, string former, string timeZone);

    [LoggerMessage(2041, LogLevel.Information, "Reader {Reader} of shop '{Shop}' is forgotten: retention no longer waits for it")]
    public static partial void ReaderDeleted(this ILogger log, string reader, string shop);

    [LoggerMessage(2042, LogLevel.Information, "Retention removed {Events} events received before {KeptFrom}")]
    public static partial void EventsRemoved(this ILogger log, long events, DateTimeOffset keptFrom);

    [LoggerMessage(2043, LogLevel.Warning, "Retention failed; tried again in {PauseSeconds} s")]
    public static partial void RetentionFailed(this ILogger log, int pauseSeconds, Exception error);

    [LoggerMessage(2044, LogLevel.Warning, "The readers of the log could not be measured; tried again in {PauseSeconds} s")]
    public static partial void ReadersUnreadable(this ILogger log, int pauseSeconds, Exception error);

    [LoggerMessage(2081, LogLevel.Information, "{Count} erasures are done: every reader has followed")]
    public static partial void ErasuresDone(this ILogger log, int count);

    [LoggerMessage(2082, LogLevel.Warning, "Whether the readers have followed the erasures could not be told; tried again in {PauseSeconds} s")]
    public static partial void ErasuresStuck(this ILogger log, int pauseSeconds, Exception error);
}
