using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

/// <summary>What a reader may name: itself, partitions, positions.</summary>
internal static class ReaderRules
{
    public const string NameShape = "must have 1 to 63 characters a-z, 0-9 and hyphens";

    public static Violations Reader(this Violations violations, string name) => violations.Require(ReaderId.IsName(name), "reader", NameShape);

    public static RpcException NoPartition(int partition, int partitions)
        => Errors.Of(IngestionErrorReason.PartitionNotFound, $"There is no partition {partition}: the log has {partitions}, numbered from 0.", ("partitions", partitions.ToString(CultureInfo.InvariantCulture)));

    public static RpcException AheadOfLog(string field, long position, int partition, long head)
        => Errors.Of(IngestionErrorReason.PositionAheadOfLog, $"{field} {position} is beyond {head}, the last position of partition {partition}: the checkpoint belongs to another log. Reset it to 0.", ("head_position", head.ToString(CultureInfo.InvariantCulture)));

    public static RpcException TooMany(int readersMax)
        => Errors.Invalid([("reader", string.Create(CultureInfo.InvariantCulture, $"is new, and {readersMax} readers are registered already; keep one name for one reader, and delete those that will not come back"))]);
}
