using System.Globalization;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Tests.Storage;

/// <summary>
/// All that a store holds about shops and customers, to compare. Keys are told by what they stand for: which number a customer has depends on who came first. Positions
/// are left out: they count batches, not what is known. So are sums that have come to nothing.
/// </summary>
static class Tables
{
    static readonly (string Name, string Sql)[] Derived =
    [
        ("shop", "SELECT shop, time_zone, currency FROM {0}shop"),
        ("customer", "SELECT s.shop, c.customer, c.identified, c.record FROM {0}customer c JOIN {0}shop s ON s.number = c.shop"),
        ("customer_trait", "SELECT s.shop, t.name, t.kind, t.text_value, t.number_value, c.customer FROM {0}customer_trait t JOIN {0}shop s ON s.number = t.shop LEFT JOIN {0}customer c ON c.id = t.customer"),
        ("stage_step", "SELECT d.shop, d.model, d.number, t.day, t.at_start, t.stage, t.identified, t.customers, t.amount FROM {0}stage_step t JOIN {0}derivation d ON d.id = t.derivation WHERE t.customers <> 0 OR t.amount <> 0"),
        ("stage_day", "SELECT d.shop, d.model, d.number, t.day, c.customer FROM {0}stage_day t JOIN {0}derivation d ON d.id = t.derivation LEFT JOIN {0}customer c ON c.id = t.customer"),
        ("order_tally", "SELECT d.shop, d.model, d.number, t.day, t.cohort, t.month, t.identified, t.orders, t.customers, t.repeat_customers, t.seconds, t.thirds, t.second_days, t.third_days, t.later_days, t.amount FROM {0}order_tally t JOIN {0}derivation d ON d.id = t.derivation WHERE t.orders <> 0 OR t.customers <> 0 OR t.repeat_customers <> 0 OR t.seconds <> 0 OR t.thirds <> 0 OR t.second_days <> 0 OR t.third_days <> 0 OR t.later_days <> 0 OR t.amount <> 0"),
        ("membership", "SELECT d.shop, d.model, d.number, c.customer, t.stage, t.since_time, t.due_time FROM {0}membership t JOIN {0}derivation d ON d.id = t.derivation LEFT JOIN {0}customer c ON c.id = t.customer"),
    ];

    const string Feed = "SELECT t.shop, t.position, t.customer, t.derivation, t.from_stage, t.to_stage, t.effective_time, t.recorded_time, t.cause, t.message_id FROM {0}stage_transition t";

    /// <summary>What depends on nothing but what is known, and now.</summary>
    /// <param name="isNumbered">Whether it counts how often a model was derived.</param>
    public static async Task<IReadOnlyList<string>> ReadAsync(Database database, bool isNumbered = true)
    {
        var rows = new List<string>();
        foreach (var (name, sql) in Derived) rows.AddRange(await RowsAsync(database, name, isNumbered ? sql : sql.Replace("d.number, ", "", StringComparison.Ordinal)));
        return rows;
    }

    /// <summary>That, and what was told.</summary>
    public static async Task<IReadOnlyList<string>> ReadAllAsync(Database database)
        => [.. await ReadAsync(database), .. await RowsAsync(database, "stage_transition", Feed)];

    /// <summary>Customers in the first stage by the derivations of a model that are at work.</summary>
    public static Task<IEnumerable<string>> MembersAsync(Database database, string model)
        => database.ReadAsync(c => c.QueryAsync<string>($"SELECT c.customer FROM {database.Prefix}membership t JOIN {database.Prefix}derivation d ON d.id = t.derivation JOIN {database.Prefix}customer c ON c.id = t.customer WHERE d.model = @model AND d.state = 2 AND t.stage = 0", new { model }), CancellationToken.None);

    static async Task<IEnumerable<string>> RowsAsync(Database database, string name, string sql)
    {
        var table = await database.ReadAsync(c => c.QueryAsync(string.Format(CultureInfo.InvariantCulture, sql, database.Prefix)), CancellationToken.None);
        return table.Cast<IDictionary<string, object?>>().Select(row => name + ": " + string.Join(" | ", row.Values.Select(Text))).Order(StringComparer.Ordinal);
    }

    static string Text(object? value) => value is byte[] record ? Text(RecordCodec.Read(record)) + " | " + Convert.ToHexString(record) : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    /// <summary>A record as one line, so that two can be compared.</summary>
    public static string Text(CustomerRecord record) => string.Join(" ; ", (string[])[.. All(record.Seen), "left", .. All(record.Left), .. All(record.Facts), .. All(record.Activities), .. All(record.Opinions), .. All([.. record.Traits.Select(t => new Known<string>(Text(t.What), t.From, t.To))])]);

    public static string Text(Identification said) => string.Create(CultureInfo.InvariantCulture, $"{said.Time:O} {said.MessageId} {string.Join(", ", said.Traits.Select(Text))}");

    public static string Text(Trait trait) => string.Create(CultureInfo.InvariantCulture, $"{trait.Name}={trait.Value.Kind} {trait.Value.AsText}{trait.Value.AsNumber:0.######}");

    static IEnumerable<string> All<T>(IReadOnlyList<Known<T>> all) => all.Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.What} known {k.From:O} to {k.To:O}"));
}
