using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// This house's memory: a record per customer, and what is derived from it. Nothing in it differs by dialect beyond what <see cref="Database"/> abstracts, so it is
/// one class. This part knows positions.
/// </summary>
internal sealed partial class SegmentationStore(Database database)
{
    readonly Checkpoints _checkpoints = new(database);


    /// <summary>The position of the last applied event of a partition, 0 before the first.</summary>
    public Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => _checkpoints.ReadAsync(partition, cancellation);

    static CommandDefinition Command(string text, object values, CancellationToken cancellation, DbTransaction? transaction = null)
        => new(text, values, transaction, cancellationToken: cancellation);
}
