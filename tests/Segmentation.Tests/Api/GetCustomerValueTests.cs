using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Api.ValueHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

public sealed class GetCustomerValueTests(ValueHouseFixture fixture) : IClassFixture<ValueHouseFixture>
{
    AsyncUnaryCall<CustomerValue> Get(string customer, string? asOf = null, double? discount = null, double? margin = null, string shop = "tea")
    {
        var request = new GetCustomerValueRequest { Shop = shop, Customer = customer, AsOf = asOf is null ? null : Utc(asOf).ToTimestamp() };
        if (discount is { } d) request.AnnualDiscountRate = d;
        if (margin is { } m) request.Margin = m;
        return fixture.Client.GetCustomerValueAsync(request, cancellationToken: TestContext.Current.CancellationToken);
    }

    static string Reason(CustomerValue value, string field) => value.Withheld.Single(w => w.Field == field).Reason;

    [Fact]
    public async Task A_regular_customer_is_told_in_full()
    {
        var value = await Get(Regular);
        Assert.Equal((175, 7, 25), (value.HistoricClv.ToDecimal(), value.HistoricNumberOfOrders, value.AverageOrderValue.ToDecimal()));
        Assert.Equal("GBP", value.PredictedClv.CurrencyCode);
        Assert.Equal(value.HistoricClv.ToDecimal() + value.PredictedClv.ToDecimal(), value.TotalClv.ToDecimal());
        Assert.Equal((6, 31, 2), (value.Rhythm.GapCount, value.Rhythm.LongestDays, value.DaysSinceLastOrder));
        Assert.Equal(179 / 6.0, value.AverageDaysBetweenOrders, 1e-9);
        Assert.Equal([30, 90, 365], value.OrderChances.Select(c => c.Days));
        Assert.Equal(1 - value.OrderChances[2].Probability, value.ChurnProbability);
        Assert.True(value.ChurnProbability < 0.5 && value.PredictedNumberOfOrders > 1);
        Assert.False(value.Lapsed);
        Assert.StartsWith("2024-07", value.ExpectedDateOfNextOrder, StringComparison.Ordinal);
        Assert.Equal((1, fixture.Fitted.ChosenModel), (value.ModelRevision, value.Model));
        Assert.Equal(["ranked_channel_affinity"], value.Withheld.Select(w => w.Field).Except(["alive_probability"]));
        Assert.Equal("NO_MESSAGE", Reason(value, "ranked_channel_affinity"));
    }

    [Fact]
    public async Task A_silent_customer_is_lapsed_and_a_new_one_has_no_rhythm()
    {
        var silent = await Get(Silent);
        Assert.True(silent.Lapsed && silent.LapsesAfterDays < silent.DaysSinceLastOrder);
        Assert.True(silent.ChurnProbability > 0.8);
        var once = await Get(Once);
        Assert.Equal("ONE_ORDER", Reason(once, "average_days_between_orders"));
        Assert.Equal("ONE_ORDER", Reason(once, "rhythm"));
        Assert.True(once.HasPredictedNumberOfOrders);
        Assert.InRange(once.ChurnProbability, 0.01, 0.99);
    }

    [Fact]
    public async Task Counts_of_orders_the_wait_and_the_value_without_an_end_stand_beside_the_year()
    {
        var value = await Get(Regular);
        Assert.Equal([0, 1, 2, 3, 4, 5], value.OrderCountChances.Select(c => c.OrderCount));
        Assert.Equal(1, value.OrderCountChances.Sum(c => c.Probability), 1e-9);
        Assert.Equal(value.ChurnProbability, value.OrderCountChances[0].Probability, 1e-6);
        Assert.True(value.NextOrderWait.MedianDays > 0 && value.Rhythm.DeviationDays > 0);
        Assert.Equal(value.HasDiscountedResidualOrders, value.ResidualClv is not null);
        Assert.Equal(fixture.Fitted.Models.Single(m => m.Model == "pareto_nbd").Identified, value.HasDiscountedResidualOrders);
        Assert.Equal((double)value.ResidualClv!.ToDecimal(), value.DiscountedResidualOrders * (double)value.ExpectedOrderSpend.ToDecimal(), 0.05);
        var hasty = await Get(Regular, discount: 5);
        Assert.True(hasty.DiscountedResidualOrders < value.DiscountedResidualOrders);
    }

    [Theory]
    [InlineData("2024-02-02T09:00:00Z", "", true)]
    [InlineData("2024-02-02T11:00:00Z", "email", false)]
    [InlineData(null, "sms email", false)]
    public async Task Channels_are_ranked_by_what_was_opened_and_clicked_until_then(string? asOf, string channels, bool withheld)
    {
        var value = await Get("user:looks", asOf);
        Assert.Equal(channels, string.Join(' ', value.RankedChannelAffinity));
        Assert.Equal(withheld, value.Withheld.Any(w => w.Field == "ranked_channel_affinity"));
    }

    [Theory]
    [InlineData("user:looks")]
    [InlineData("user:back")]
    public async Task Without_an_order_that_counts_there_is_nothing_to_predict(string customer)
    {
        var value = await Get(customer);
        Assert.Equal((0, 0), (value.HistoricNumberOfOrders, value.HistoricClv.ToDecimal()));
        Assert.Equal("NO_ORDER", Reason(value, "predicted_clv"));
        Assert.Equal("NO_ORDER", Reason(value, "average_order_value"));
        Assert.Null(value.PredictedClv);
        Assert.False(value.HasChurnProbability || value.HasDaysSinceLastOrder || value.Lapsed);
    }

    [Fact]
    public async Task Before_the_first_revision_nothing_is_predicted()
    {
        var value = await Get(Regular, "2024-03-15");
        Assert.Equal((3, 75), (value.HistoricNumberOfOrders, value.HistoricClv.ToDecimal()));
        Assert.Equal("NO_MODEL", Reason(value, "predicted_number_of_orders"));
        Assert.Equal((0, ""), (value.ModelRevision, value.Model));
    }

    [Fact]
    public async Task A_small_shop_is_told_all_that_it_lacks()
    {
        await fixture.Client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "small" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("NO_MODEL", Reason(await Get("user:one", shop: "small"), "predicted_clv"));
    }

    [Fact]
    public async Task Discount_and_margin_change_money_alone()
    {
        var (full, part) = (await Get(Regular, discount: 0, margin: 1), await Get(Regular, discount: 0.5, margin: 0.4));
        Assert.Equal(full.PredictedNumberOfOrders, part.PredictedNumberOfOrders, 1e-3);
        Assert.Equal((double)full.PredictedClv.ToDecimal(), full.PredictedNumberOfOrders * (double)full.ExpectedOrderSpend.ToDecimal(), 0.05);
        Assert.True(part.PredictedClv.ToDecimal() < 0.4m * full.PredictedClv.ToDecimal());
        Assert.Equal((0.5, 0.4), (part.AnnualDiscountRate, part.Margin));
    }

    [Fact]
    public async Task Refuses_what_is_unknown_or_wrong()
    {
        Assert.Equal("CUSTOMER_NOT_FOUND", (await RefusalAsync(Get("user:nobody"), StatusCode.NotFound)).Reason);
        Assert.Equal("CUSTOMER_NOT_FOUND", (await RefusalAsync(Get(Regular, "2020-01-01"), StatusCode.NotFound)).Reason);
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Get(Regular, shop: "coffee"), StatusCode.NotFound)).Reason);
        Assert.Equal(["annual_discount_rate", "customer", "margin", "shop"], await ViolationsAsync(Get("nobody", discount: -1, margin: 0, shop: "")));
    }
}
