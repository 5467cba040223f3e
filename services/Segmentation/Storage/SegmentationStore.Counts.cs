using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Storage;

/// <summary>Answers customers in sum.</summary>
internal sealed partial class SegmentationStore
{
    // One statement, so that sums and the day's customers are of one moment.
    internal string TotalsSql => $"""
        SELECT stage, SUM(customers), SUM(amount), NULL
        FROM {database.Prefix}stage_step
        WHERE derivation = @derivation
          AND (day < @day OR (day = @day AND at_start = 1))
          AND (@includeAnonymous = 1 OR identified = 1)
        GROUP BY stage
        UNION ALL
        SELECT 0, 0, 0, c.record
        FROM {database.Prefix}stage_day d
        JOIN {database.Prefix}customer c ON c.id = d.customer
        WHERE d.derivation = @derivation
          AND d.day = @day
          AND (@includeAnonymous = 1 OR c.identified = 1)
        """;

    /// <summary>
    /// By stage, at an instant: what came and went up to the first moment of its day, added up, and of those who change in the midst of the day what each had
    /// done by then.
    /// </summary>
    public Task<Dictionary<Stage, StageTotal>> CountStagesAsync(Shop shop, Derivation derivation, DateTimeOffset asOf, bool includeAnonymous, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var (model, day) = (derivation.Model, Calendar.DateOf(asOf, derivation.Zone).DayNumber);
        var totals = new Dictionary<Stage, StageTotal>(ReferenceEqualityComparer.Instance);
        await using var reader = await connection.ExecuteReaderAsync(Command(TotalsSql, new { derivation = derivation.Id, day, includeAnonymous }, cancellation));
        while (await reader.ReadAsync(cancellation))
        {
            if (reader.IsDBNull(3)) Add(model.Model.Stages[reader.GetInt32(0)], new StageTotal(reader.GetInt64(1), Mapping.ReadMoney(reader, 2)));
            else AddDay(RecordCodec.Read((byte[])reader.GetValue(3), model.Sources | Sources.Purchases));
        }
        return totals;

        void AddDay(CustomerRecord record)
        {
            if (TimelineOf(record, identified: false, derivation, shop) is not var (history, timeline)) return;
            List<StageShare> shares = [.. StageShares.Of(history, timeline).TakeWhile(s => s.From <= asOf)];
            foreach (var step in StageShares.Steps(shares, derivation.Zone).Where(s => s.Day == day && !s.IsAtStart)) Add(step.Stage, new StageTotal(step.Customers, step.Value));
        }

        void Add(Stage stage, StageTotal total) => totals[stage] = totals.GetValueOrDefault(stage) + total;
    }, cancellation);

    /// <summary>By stage, at an instant and as known at another: every customer is evaluated.</summary>
    public async Task<Dictionary<Stage, StageTotal>> CountStagesAsync(Shop shop, Derivation use, DateTimeOffset asOf, DateTimeOffset knownAt, bool includeAnonymous, CancellationToken cancellation)
    {
        var model = use.Model;
        var totals = new Dictionary<Stage, StageTotal>(ReferenceEqualityComparer.Instance);
        foreach (var part in await ScanAsync(shop, includeAnonymous, Count, cancellation))
            foreach (var (stage, total) in part) totals[stage] = totals.GetValueOrDefault(stage) + total;
        return totals;

        Dictionary<Stage, StageTotal> Count(IReadOnlyList<StoredCustomer> customers)
        {
            var part = new Dictionary<Stage, StageTotal>(ReferenceEqualityComparer.Instance);
            foreach (var customer in customers)
            {
                if (customer.Read(model.Sources | Sources.Purchases).AsKnown(knownAt, shop.Currency, use.Zone, model.Sources | Sources.Purchases) is not { } history) continue;
                if (Lifecycle.StageAt(history, model, use.Zone, asOf) is var (stage, value)) part[stage] = part.GetValueOrDefault(stage) + new StageTotal(1, value);
            }
            return part;
        }
    }

    /// <summary>How many went from a stage to another one, or stayed, between two instants; from null: not yet seen then. Every customer is evaluated.</summary>
    /// <param name="knownAt">Null means now.</param>
    public async Task<Dictionary<(Stage? From, Stage To), long>> CountFlowsAsync(Shop shop, Derivation use, DateTimeOffset from, DateTimeOffset to, DateTimeOffset? knownAt, bool includeAnonymous, CancellationToken cancellation)
    {
        var model = use.Model;
        var flows = new Dictionary<(Stage?, Stage), long>();
        foreach (var part in await ScanAsync(shop, includeAnonymous, Count, cancellation))
            foreach (var (flow, count) in part) flows[flow] = flows.GetValueOrDefault(flow) + count;
        return flows;

        Dictionary<(Stage?, Stage), long> Count(IReadOnlyList<StoredCustomer> customers)
        {
            var part = new Dictionary<(Stage?, Stage), long>();
            foreach (var customer in customers)
            {
                var sources = model.Sources | Sources.Purchases;
                if (customer.Read(sources).AsKnown(knownAt, shop.Currency, use.Zone, sources) is not { } history || Lifecycle.StageAt(history, model, use.Zone, to) is not var (stage, _)) continue;
                var flow = (Lifecycle.StageAt(history, model, use.Zone, from)?.Stage, stage);
                part[flow] = part.GetValueOrDefault(flow) + 1;
            }
            return part;
        }
    }
}
