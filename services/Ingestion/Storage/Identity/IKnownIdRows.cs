using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Identity;

/// <summary>
/// Reads the known ids for a decision. Two ways to it: SQLite reads at once and knows from memory which ids need no reading at
/// all; SQL Server, where each reading is a journey, reads sets of them.
/// </summary>
internal interface IKnownIdRows
{
    /// <summary>Makes ready for the first decision.</summary>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>
    /// Answers <paramref name="decide"/>, which may run several times and must do nothing but answer. To be called before
    /// <paramref name="write"/> changes any id, and where others may write at once, behind the lock on the heads.
    /// </summary>
    Task<T> DecideAsync<T>(Write write, Func<IKnownIds, T> decide);
}
