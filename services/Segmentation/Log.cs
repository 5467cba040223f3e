namespace Perennial.Segmentation;

/// <summary>All that this house says. Numbers 3001 to 3999; a number is never used again for another event.</summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Debug, "Partition {Partition} applied to position {Position}: {Events} events, {Facts} facts, {Customers} customers changed, {ElapsedMillis:F0} ms")]
    public static partial void BatchApplied(this ILogger log, int partition, long position, int events, int facts, int customers, double elapsedMillis);

    [LoggerMessage(3002, LogLevel.Information, "Shop {Shop} counts its days in {TimeZone} and its values in {Currency}")]
    public static partial void ShopAnnounced(this ILogger log, string shop, string timeZone, string currency);

    [LoggerMessage(3003, LogLevel.Warning, "Partition {Partition} up to position {Position}: {Amounts} amounts in a currency that is not their shop's count for no value")]
    public static partial void ForeignAmountsLeftOut(this ILogger log, int partition, long position, int amounts);

    [LoggerMessage(3004, LogLevel.Information, "Partition {Partition} was moved on from position {Position} by another replica; reading again from there")]
    public static partial void CheckpointMoved(this ILogger log, int partition, long position);

    [LoggerMessage(3005, LogLevel.Information, "Shop {Shop}: model {Model} is active, derivation {Number}")]
    public static partial void ModelActive(this ILogger log, string shop, string model, int number);

    [LoggerMessage(3006, LogLevel.Information, "Shop {Shop}: derivation {Number} of model {Model} is removed")]
    public static partial void ModelRetired(this ILogger log, string shop, string model, int number);

    [LoggerMessage(3007, LogLevel.Warning, "A step of a derivation failed; it is tried again")]
    public static partial void DerivationFailed(this ILogger log, Exception error);

    [LoggerMessage(3008, LogLevel.Debug, "The clock changed the stages of {Customers} customers, brought into the feed in {ElapsedMillis:F0} ms")]
    public static partial void Swept(this ILogger log, int customers, double elapsedMillis);

    [LoggerMessage(3009, LogLevel.Warning, "What the clock changes could not be brought into the feed; it is tried again every second")]
    public static partial void SweepFailed(this ILogger log, Exception error);

    [LoggerMessage(3101, LogLevel.Information, "Shop {Shop}: value models revision {Revision} over {Customers} customers in {ElapsedMillis:F0} ms, {Chosen}: {Why}")]
    public static partial void ValueModelsFitted(this ILogger log, string shop, int revision, int customers, double elapsedMillis, string chosen, string why);

    [LoggerMessage(3102, LogLevel.Information, "Shop {Shop}: RFM of {Month} frozen with {Customers} customers")]
    public static partial void RfmFrozen(this ILogger log, string shop, string month, int customers);

    [LoggerMessage(3105, LogLevel.Information, "Shop {Shop}: what customers are measured against is population revision {Revision}")]
    public static partial void PopulationLearned(this ILogger log, string shop, int revision);

    [LoggerMessage(3106, LogLevel.Information, "Shop {Shop}: RFM of {Month} is removed, as {MonthsMax} newer months are kept")]
    public static partial void RfmRemoved(this ILogger log, string shop, string month, int monthsMax);

    [LoggerMessage(3107, LogLevel.Information, "Shop {Shop}: RFM of {Month} is not frozen yet, as {Fresh} of {Facts} facts up to its end became known in the last {SettleMinutes} minutes")]
    public static partial void RfmUnsettled(this ILogger log, string shop, string month, long fresh, long facts, int settleMinutes);

    [LoggerMessage(3103, LogLevel.Error, "Shop {Shop}: value models, or months of RFM, could not be refreshed; tried again with the next round")]
    public static partial void ValueRefreshFailed(this ILogger log, Exception error, string shop);

    [LoggerMessage(3104, LogLevel.Error, "Value models, or months of RFM, of some shop could not be refreshed; tried again every {PauseSeconds} s")]
    public static partial void ValueRefreshStuck(this ILogger log, Exception error, int pauseSeconds);

    [LoggerMessage(3201, LogLevel.Information, "Shop {Shop}: preview {Preview} of model {Model} is done, {Customers} customers gone through")]
    public static partial void PreviewDone(this ILogger log, string shop, string preview, string model, long customers);

    [LoggerMessage(3202, LogLevel.Error, "Shop {Shop}: preview {Preview} of model {Model} has failed")]
    public static partial void PreviewFailed(this ILogger log, Exception error, string shop, string preview, string model);

    [LoggerMessage(3203, LogLevel.Information, "{Previews} previews that ended {KeepDays} days ago are removed")]
    public static partial void PreviewsRemoved(this ILogger log, int previews, int keepDays);

    [LoggerMessage(3204, LogLevel.Warning, "Previews could not be worked off; tried again every {PauseSeconds} s")]
    public static partial void PreviewsStuck(this ILogger log, Exception error, int pauseSeconds);
}
