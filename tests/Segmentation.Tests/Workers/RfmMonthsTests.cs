using Perennial.Segmentation.V1;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests.Workers;

/// <summary>RFM of past months, as of the end of each. The clock of the house stands in June 2024.</summary>
public sealed class RfmMonthsTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static ValueService.ValueServiceClient Client(SegmentationHouse house) => new(house.Invoker);

    static async Task<SegmentationHouse> StartAsync(params string[] settings)
    {
        var house = await SegmentationHouse.StartAsync(settings);
        house.Announce("tea", "Europe/London", "GBP");
        return house;
    }

    static void Order(SegmentationHouse house, string customer, string day, string? received = null)
        => house.Record("tea", customer, day + "T10:00:00Z", Said.Ordered(customer + day, 10), received);

    static async Task FitAsync(SegmentationHouse house)
    {
        await house.CatchUpAsync();
        await Client(house).FitValueModelsAsync(new FitValueModelsRequest { Shop = "tea" }, cancellationToken: Cancellation);
    }

    static async Task<RfmGrid> GridAsync(SegmentationHouse house, string month = "")
        => await Client(house).GetRfmGridAsync(new GetRfmGridRequest { Shop = "tea", Month = month }, cancellationToken: Cancellation);

    static Task KeptAsync(SegmentationHouse house, params string[] months)
        => Eventually.IsTrueAsync(async () => (await GridAsync(house)).KeptMonths.SequenceEqual(months), "months " + string.Join(", ", months));

    [Fact]
    public async Task Past_months_with_an_order_are_frozen_as_of_their_end()
    {
        await using var house = await StartAsync();
        foreach (var day in (string[])["2023-11-05", "2024-02-29", "2024-03-31", "2024-06-02"]) Order(house, "user:a", day);
        Order(house, "user:b", "2024-02-10");
        await FitAsync(house);
        // The newest is there when the call returns.
        Assert.Equal("2024-03", (await GridAsync(house)).Month);
        await KeptAsync(house, "2023-11", "2024-02", "2024-03");
        Assert.Equal([1, 2, 2], new[] { await GridAsync(house, "2023-11"), await GridAsync(house, "2024-02"), await GridAsync(house) }.Select(g => g.CustomerCount));
        var february = await Client(house).ListRfmAsync(new ListRfmRequest { Shop = "tea", Month = "2024-02" }, cancellationToken: Cancellation);
        Assert.Equal([("user:a", 2, 0), ("user:b", 1, 19)], february.Customers.Select(c => (c.Customer, c.OrderCount, c.DaysSinceLastOrder)));
    }

    [Fact]
    public async Task The_newest_months_are_kept_and_older_ones_leave()
    {
        await using var house = await StartAsync("--Value:RfmMonthsMax=2");
        foreach (var day in (string[])["2023-01-05", "2023-11-05", "2024-02-29"]) Order(house, "user:a", day);
        await FitAsync(house);
        await KeptAsync(house, "2023-11", "2024-02");
        Order(house, "user:a", "2024-05-01");
        await FitAsync(house);
        await KeptAsync(house, "2024-02", "2024-05");
    }

    [Fact]
    public async Task By_itself_it_waits_until_an_import_is_over()
    {
        await using var house = await StartAsync("--Value:PollSeconds=1");
        Order(house, "user:a", "2024-03-01", SegmentationHouse.Now);
        await house.CatchUpAsync();
        await Eventually.IsTrueAsync(async () => (await Client(house).ListValueModelsAsync(new ListValueModelsRequest { Shop = "tea" }, cancellationToken: Cancellation)).ValueModels.Count > 0, "a revision by schedule");
        house.Announce("later", "Europe/London", "GBP");
        house.Record("later", "user:a", "2024-04-01T10:00:00Z", Said.Ordered("o", 10));
        await house.CatchUpAsync();
        // When the later shop, whose order is long known, has its month, the other one was looked at, too.
        await Eventually.IsTrueAsync(async () =>
        {
            try
            {
                return (await Client(house).GetRfmGridAsync(new GetRfmGridRequest { Shop = "later" }, cancellationToken: Cancellation)).Month == "2024-04";
            }
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.NotFound)
            {
                return false;
            }
        }, "the month of the later shop");
        Assert.Equal(Grpc.Core.StatusCode.NotFound, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => GridAsync(house))).StatusCode);
        // Who asks says that the history is complete.
        await FitAsync(house);
        Assert.Equal("2024-03", (await GridAsync(house)).Month);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, false)]
    [InlineData(25, true)]
    public void The_house_is_unhealthy_when_its_work_is_overdue(int hours, bool overdue)
        => Assert.Equal(overdue, new ValueOptions().IsOverdue(Given.Utc("2024-06-01"), Given.Utc("2024-06-01").AddHours(hours)));
}
