using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>ListRfm and GetRfmGrid as callers see them.</summary>
public sealed class RfmTests(ValueHouseFixture fixture) : IClassFixture<ValueHouseFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    AsyncUnaryCall<ListRfmResponse> List(string segment = "", int size = 0, string token = "", string month = "", RfmTieRule rule = RfmTieRule.Unspecified, string shop = "tea")
        => fixture.Client.ListRfmAsync(new ListRfmRequest { Shop = shop, Month = month, Segment = segment, PageSize = size, PageToken = token, TieRule = rule }, cancellationToken: Cancellation);

    AsyncUnaryCall<RfmGrid> Grid(string month = "", RfmTieRule rule = RfmTieRule.Unspecified, string shop = "tea")
        => fixture.Client.GetRfmGridAsync(new GetRfmGridRequest { Shop = shop, Month = month, TieRule = rule }, cancellationToken: Cancellation);

    async Task<List<RfmCustomer>> AllAsync(string segment, RfmTieRule rule)
    {
        var (customers, token) = (new List<RfmCustomer>(), "");
        do
        {
            var page = await List(segment, 97, token, rule: rule);
            Assert.Equal("2024-05", page.Month);
            customers.AddRange(page.Customers);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return customers;
    }

    [Theory]
    [InlineData(RfmTieRule.Unspecified)]
    [InlineData(RfmTieRule.Ntile)]
    [InlineData(RfmTieRule.AverageRank)]
    public async Task The_grid_counts_the_customers_of_the_list(RfmTieRule rule)
    {
        var (grid, customers) = (await Grid(rule: rule), await AllAsync("", rule));
        Assert.Equal(("2024-05", rule == RfmTieRule.Unspecified ? RfmTieRule.CutPoints : rule), (grid.Month, grid.TieRule));
        Assert.Equal(Given.Utc("2024-05-31T22:59:59.999Z"), grid.AsOf.ToDateTimeOffset());
        Assert.Equal(grid.CustomerCount, customers.Count);
        Assert.Equal(customers.Select(c => c.Customer).Order(StringComparer.Ordinal), customers.Select(c => c.Customer));
        Assert.Equal(
            customers.CountBy(c => (c.RecencyScore, c.FrequencyScore)).OrderBy(c => c.Key).Select(c => (c.Key.RecencyScore, c.Key.FrequencyScore, (long)c.Value)),
            grid.Cells.Select(c => (c.RecencyScore, c.FrequencyScore, c.CustomerCount)));
        Assert.Equal(11, grid.Segments.Count);
        foreach (var segment in grid.Segments)
        {
            Assert.Equal(customers.Count(c => c.Segment == segment.Segment), segment.CustomerCount);
            Assert.Equal(customers.Where(c => c.Segment == segment.Segment).Sum(c => c.Value.ToDecimal()), segment.Value.ToDecimal());
        }
        Assert.Equal([4, 4, 4], new[] { grid.RecencyCutPoints.Count, grid.FrequencyCutPoints.Count, grid.MonetaryCutPoints.Count });
    }

    [Fact]
    public async Task Lists_a_segment_alone()
    {
        var lost = await AllAsync("lost", RfmTieRule.CutPoints);
        Assert.Equal((await AllAsync("", RfmTieRule.CutPoints)).Where(c => c.Segment == "lost"), lost);
        Assert.Contains(ValueHouseFixture.Silent, (await AllAsync("", RfmTieRule.CutPoints)).Where(c => c.RecencyScore == 1).Select(c => c.Customer));
    }

    [Fact]
    public async Task What_comes_late_changes_no_frozen_month()
    {
        await using var house = await SegmentationHouse.StartAsync();
        house.Announce("tea", "Europe/London", "GBP");
        house.Record("tea", "user:a", "2024-05-01T10:00:00Z", Said.Ordered("a1", 10));
        await house.CatchUpAsync();
        var client = new ValueService.ValueServiceClient(house.Invoker);
        await client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "tea" }, cancellationToken: Cancellation);
        var before = await client.GetRfmGridAsync(new GetRfmGridRequest { Shop = "tea" }, cancellationToken: Cancellation);
        house.Record("tea", "user:b", "2024-05-02T10:00:00Z", Said.Ordered("b1", 10));
        await house.CatchUpAsync();
        await client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "tea" }, cancellationToken: Cancellation);
        Assert.Equal(before, await client.GetRfmGridAsync(new GetRfmGridRequest { Shop = "tea", Month = "2024-05" }, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Refuses_what_is_unknown_or_wrong()
    {
        var missing = await RefusalAsync(Grid("2020-01"), StatusCode.NotFound);
        Assert.Equal(("RFM_MONTH_NOT_FOUND", "2024-05"), (missing.Reason, missing.Metadata["latest"]));
        Assert.EndsWith("2024-05", missing.Metadata["months"], StringComparison.Ordinal);
        Assert.Equal("", (await RefusalAsync(Grid(shop: "empty"), StatusCode.NotFound)).Metadata["latest"]);
        Assert.Equal("RFM_SEGMENT_NOT_FOUND", (await RefusalAsync(List("best"), StatusCode.NotFound)).Reason);
        Assert.Equal(["month", "page_size", "shop", "tie_rule"], await ViolationsAsync(List(size: -1, month: "May", rule: (RfmTieRule)9, shop: "")));
        Assert.Equal(["month", "shop", "tie_rule"], await ViolationsAsync(Grid("2024-13", (RfmTieRule)9, "")));
        var page = await List(size: 1);
        Assert.Equal("PAGE_TOKEN_INVALID", (await RefusalAsync(List("lost", token: page.NextPageToken), StatusCode.InvalidArgument)).Reason);
    }
}
