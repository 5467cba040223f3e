using System.Globalization;
using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Segmentation.Tests.Storage;

/// <summary>All that a store holds about shops and customers, to compare. Positions are left out: they count batches, not what is known.</summary>
static class Tables
{
    static readonly string[] Names = ["shop", "customer", "purchase_fact", "activity", "opinion", "stage_interval", "value_change"];

    public static async Task<IReadOnlyList<string>> ReadAsync(Database database)
    {
        var rows = new List<string>();
        foreach (var name in Names)
        {
            var table = await database.ReadAsync(c => c.QueryAsync($"SELECT * FROM {database.Prefix}{name}"), CancellationToken.None);
            rows.AddRange(table.Cast<IDictionary<string, object?>>().Select(row => name + ": " + string.Join(" | ", row.Values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)))).Order(StringComparer.Ordinal));
        }
        return rows;
    }
}
