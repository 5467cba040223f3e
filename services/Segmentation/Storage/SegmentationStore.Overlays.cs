using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>What overlays mean in a shop at one revision; revision 0 is the product's own.</summary>
/// <param name="TopSpend">Where the top per cent begin by the latest count; null where none is asked for, or nobody has an order.</param>
internal sealed record OverlayState(int Revision, int LatestRevision, OverlaySettings Settings, decimal? TopSpend, DateTimeOffset? CreateTime);

/// <summary>Keeps the settings of overlays. Revisions are rows that never change, but for what was counted last.</summary>
internal sealed partial class SegmentationStore
{
    sealed record OverlayRow
    {
        public int Revision { get; init; }
        public int Latest { get; init; }
        public string Document { get; init; } = "";
        public decimal? TopSpend { get; init; }
        public DateTimeOffset CreateTime { get; init; }
    }

    internal string OverlaysSql => $"""
        SELECT r.revision, l.latest, r.document, r.top_spend, r.create_time
        FROM (
            SELECT shop, MAX(revision) AS latest
            FROM {database.Prefix}overlay_revision
            WHERE shop = @shop
            GROUP BY shop
        ) l
        JOIN {database.Prefix}overlay_revision r ON r.shop = l.shop
        WHERE r.revision = @revision
           OR (@revision = 0 AND r.revision = l.latest)
        """;

    internal string AddOverlaysSql => $"""
        INSERT INTO {database.Prefix}overlay_revision (shop, revision, document, top_spend, create_time)
        VALUES (@shop, @revision, @document, @topSpend, @createTime)
        """;

    /// <summary>One revision, the latest for 0, and the product's own where there is none. Null where there is no such revision.</summary>
    public Task<OverlayState?> FindOverlaysAsync(string shop, int revision, CancellationToken cancellation)
        => database.ReadAsync(c => FindOverlaysAsync(c, null, shop, revision, cancellation), cancellation);

    async Task<OverlayState?> FindOverlaysAsync(DbConnection connection, DbTransaction? transaction, string shop, int revision, CancellationToken cancellation)
        => await connection.QuerySingleOrDefaultAsync<OverlayRow>(Command(OverlaysSql, new { shop, revision }, cancellation, transaction)) is { } row
            ? new OverlayState(row.Revision, row.Latest, Documents.ReadOverlays(row.Document), row.TopSpend, row.CreateTime)
            : revision == 0 ? new OverlayState(0, 0, OverlaySettings.Default, null, null) : null;

    /// <summary>Adds a revision; the latest settings again add nothing. Refused where <paramref name="expected"/> is not the latest revision.</summary>
    public Task<(Refusal Refusal, OverlayState Overlays)> SetOverlaysAsync(Shop shop, OverlaySettings settings, int expected, bool isDry, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var latest = (await FindOverlaysAsync(write.Connection, write.Transaction, shop.Id, 0, cancellation))!;
        if (expected != 0 && expected != latest.Revision) return (Refusal.EtagMismatch, latest);
        if (settings == latest.Settings && latest.Revision > 0) return (Refusal.None, latest);
        var topSpend = settings.VipTopPercent is { } percent ? await CountTopSpendAsync(write, shop, percent, cancellation) : null;
        var set = new OverlayState(latest.Revision + 1, latest.Revision + 1, settings, topSpend, now);
        if (!isDry)
        {
            await write.Connection.ExecuteAsync(Command(AddOverlaysSql, new { shop = shop.Id, revision = set.Revision, document = Documents.Write(settings), topSpend, createTime = now }, cancellation, write.Transaction));
            await RefreshAudiencesAsync(write, shop, now, cancellation);
        }
        return (Refusal.None, set);
    }, cancellation);

    internal string BuyersSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}customer
        WHERE id BETWEEN @first AND @last
          AND order_count > 0
        """;

    internal string TopSpendSql => $"""
        SELECT MIN(t.spend)
        FROM (
            SELECT spend
            FROM {database.Prefix}customer
            WHERE id BETWEEN @first AND @last
              AND order_count > 0
            ORDER BY spend DESC
            {database.Limit("@limit")}
        ) t
        """;

    /// <summary>As <see cref="OverlaySettings.TopSpend"/>, over what customers have spent by their last event.</summary>
    async Task<decimal?> CountTopSpendAsync(Write write, Shop shop, decimal percent, CancellationToken cancellation)
    {
        var range = new { first = CustomerKey.First(shop.Number), last = CustomerKey.Last(shop.Number) };
        var buyers = await write.Connection.ExecuteScalarAsync<int>(Command(BuyersSql, range, cancellation, write.Transaction));
        if (buyers == 0) return null;
        var limit = Math.Clamp((int)decimal.Ceiling(buyers * percent / 100), 1, buyers);
        return new Axis(Feature.Spend).Traits.Value(await write.Connection.ExecuteScalarAsync<long>(Command(TopSpendSql, new { range.first, range.last, limit }, cancellation, write.Transaction)));
    }

    internal string SetTopSpendSql => $"""
        UPDATE {database.Prefix}overlay_revision
        SET top_spend = @topSpend
        WHERE shop = @shop
          AND revision = @revision
        """;

    /// <summary>Counts anew where the top per cent begin, where a shop tells its VIPs so.</summary>
    public Task CountTopSpendAsync(Shop shop, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        if (await FindOverlaysAsync(write.Connection, write.Transaction, shop.Id, 0, cancellation) is not { Settings.VipTopPercent: { } percent } latest) return;
        var topSpend = await CountTopSpendAsync(write, shop, percent, cancellation);
        await write.Connection.ExecuteAsync(Command(SetTopSpendSql, new { shop = shop.Id, revision = latest.Revision, topSpend }, cancellation, write.Transaction));
        await RefreshAudiencesAsync(write, shop, now, cancellation);
    }, cancellation);
}
