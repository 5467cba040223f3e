using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// This house's memory: a record per customer, and what is derived from it. Nothing in it differs by dialect beyond what <see cref="Database"/> abstracts, so it is
/// one class. This part knows positions.
/// </summary>
/// <param name="terms">How what is predicted becomes money where members are kept by it.</param>
internal sealed partial class SegmentationStore(Database database, ForecastTerms? terms = null)
{
    readonly Checkpoints _checkpoints = new(database);
    readonly ValueStore _values = new(database);
    readonly ForecastTerms _terms = terms ?? ForecastTerms.Default;

    /// <summary>The position of the last applied event of a partition, 0 before the first.</summary>
    public Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => _checkpoints.ReadAsync(partition, cancellation);

    static CommandDefinition Command(string text, object values, CancellationToken cancellation, DbTransaction? transaction = null)
        => new(text, values, transaction, cancellationToken: cancellation);
}
