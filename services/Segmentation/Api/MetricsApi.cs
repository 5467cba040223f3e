using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Api;

/// <summary>The door to metrics. One file per RPC; this one holds what they share.</summary>
internal sealed partial class MetricsApi(SegmentationStore store, FeedConsumer feed, TimeProvider clock) : MetricsService.MetricsServiceBase
{
    /// <summary>A series of ten years: as much as a person looks at, and an answer of some megabytes.</summary>
    const int MonthsMax = 120;

    const int MonthsDefault = 12;

    /// <summary>What is asked for: months, as numbered by <see cref="OrderTally.MonthOf"/>, as of the end of a day.</summary>
    sealed record Period(Shop Shop, Derivation Tally, DateOnly AsOf, int First, int Last)
    {
        public IEnumerable<int> Months => Enumerable.Range(First, Last - First + 1);

        public bool IsPartial(int month) => OrderTally.StartOf(month + 1) > AsOf.AddDays(1);

        /// <summary>Until just before which a month counts.</summary>
        public DateTimeOffset EndOf(int month) => Calendar.StartOf(IsPartial(month) ? AsOf.AddDays(1) : OrderTally.StartOf(month + 1), Tally.Zone);
    }

    /// <exception cref="RpcException">SHOP_NOT_FOUND, METRICS_NOT_READY or INVALID_ARGUMENT.</exception>
    async Task<Period> PeriodAsync(string shopId, string firstMonth, string lastMonth, Timestamp? asOf, CancellationToken cancellation)
    {
        var shop = await store.RequireShopAsync(shopId, cancellation);
        var tally = await TallyAsync(shop, cancellation);
        var date = Calendar.DateOf(asOf.ToInstant(clock.GetUtcNow()), tally.Zone);
        var last = lastMonth.Length == 0 ? OrderTally.MonthOf(date) : OrderTally.MonthOf(Requests.ToMonth(lastMonth)!.Value);
        var first = firstMonth.Length == 0 ? last - MonthsDefault + 1 : OrderTally.MonthOf(Requests.ToMonth(firstMonth)!.Value);
        new Violations()
            .Require(last <= OrderTally.MonthOf(date), "last_month", "must not be after the month of as_of")
            .Require(first <= last, "first_month", "must not be after last_month")
            .Require(last - first < MonthsMax, "first_month", string.Create(CultureInfo.InvariantCulture, $"must be at most {MonthsMax - 1} months before last_month"))
            .Require(first >= OrderTally.MonthOf(DateOnly.MinValue), "first_month", "must be a month of the calendar")
            .Throw();
        return new Period(shop, tally, date, first, last);
    }

    async Task<Derivation> TallyAsync(Shop shop, CancellationToken cancellation)
    {
        var tally = await store.FindTallyAsync(shop.Id, cancellation);
        if (tally is { State: DerivationState.Active }) return tally;
        var done = tally?.CustomerCount ?? 0;
        throw Errors.Of(
            SegmentationErrorReason.MetricsNotReady,
            string.Create(CultureInfo.InvariantCulture, $"The orders of shop '{shop.Id}' are being added up for the first time, {done} customers so far; ask again later."),
            ("shop", shop.Id), ("customer_count", done.ToString(CultureInfo.InvariantCulture)));
    }

    static Violations Check(string shop, string firstMonth, string lastMonth, Timestamp? asOf)
        => new Violations().Shop(shop).Month(firstMonth, "first_month").Month(lastMonth, "last_month").Instant(asOf, "as_of");

    static string ToDate(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    static string ToMonth(int month) => ValueMapping.ToMonth(OrderTally.StartOf(month));
}
