using Perennial.Foundation.Filters;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using static Perennial.Segmentation.Tests.Domain.Audiences.GivenAudiences;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain.Audiences;

public sealed class AudienceTests
{
    /// <summary>Three orders of 100 in April, the last on the 30th; a view in May, a review of 4.5 in June.</summary>
    static readonly History Shopper = History.Of(
        Utc("2011-03-01"),
        [Ordered("a", "2011-04-01T12:00:00Z", 100), Ordered("b", "2011-04-10T12:00:00Z", 100), Ordered("c", "2011-04-30T12:00:00Z", 100)],
        "GBP", null,
        [new(ActivityKind.View, Utc("2011-05-20T12:00:00Z"), "v", new Touch(TouchKind.Visit))],
        [new(OpinionKind.Review, Utc("2011-06-01T12:00:00Z"), "r", 4.5m)],
        [SaidAt("2011-03-05")]);

    static readonly DateTimeOffset Now = Utc("2011-06-10T12:00:00Z");

    static bool Holds(string filter, AudienceMeasures? measures = null)
        => Filters.Read(filter).Holds(AudienceCustomer.At(Shopper, Now, true, measures ?? Measures)!, Calendar.DateOf(Now, London));

    [Theory]
    [InlineData("", true)]
    [InlineData("stage = promising", true)]
    [InlineData("stages.clc = promising", true)]
    [InlineData("stage = (loyal OR promising)", true)]
    [InlineData("stage != promising", false)]
    [InlineData("stages.active-lapsed = active_repeat", true)]
    [InlineData("stages.rfm:*", true)]
    [InlineData("order_count >= 3 AND order_count < 4", true)]
    [InlineData("days_since_last_order = 41", true)]
    [InlineData("orders_within_41_days = 1", true)]
    [InlineData("orders_within_40_days = 0", true)]
    [InlineData("days_since_last_view <= 21", true)]
    [InlineData("last_review_rating = 4.5", true)]
    [InlineData("last_nps_score:*", false)]
    [InlineData("last_nps_score != 3", false)]
    [InlineData("NOT last_nps_score = 3", true)]
    [InlineData("spend = 300 AND spend_relative = 6", true)]
    [InlineData("days_beyond_lapse < 0", true)]
    [InlineData("first_seen_time = 2011-03-01T00:00:00Z", true)]
    [InlineData("first_order_time < 2011-04-01T14:00:00.001+02:00", true)]
    [InlineData("last_order_time >= \"2011-04-30T12:00:00Z\"", true)]
    [InlineData("identified", true)]
    [InlineData("vip AND repeat AND warm", true)]
    [InlineData("one_time OR cold OR new_customer OR returning", false)]
    [InlineData("historic_clv = 300 AND predicted_clv > 99.5 AND predicted_number_of_orders = 2.5", true)]
    [InlineData("predicted_clv = 100 AND predicted_clv <= 100.0000004", true)]
    [InlineData("churn_probability < 0.176777", false)]
    [InlineData("churn_probability <= 0.176777", true)]
    [InlineData("churn_probability != 0.176777", false)]
    [InlineData("churn_probability > 0.1767765", true)]
    [InlineData("traits.plan = \"gold*\"", true)]
    [InlineData("traits.plan != \"gold*\"", false)]
    [InlineData("traits.plan > gold", true)]
    [InlineData("traits.plan > 3", false)]
    [InlineData("traits.age > 40 AND traits.age < 41.5", true)]
    [InlineData("traits.age = \"41\"", false)]
    [InlineData("traits.newsletter = true", true)]
    [InlineData("traits.home.city = Utrecht", true)]
    [InlineData("traits:plan", true)]
    [InlineData("traits:colour", false)]
    [InlineData("traits.colour != red", false)]
    [InlineData("-traits.colour = red", true)]
    public void A_filter_holds_of_a_customer_or_not(string filter, bool holds) => Assert.Equal(holds, Holds(filter));

    [Theory]
    [InlineData("identified")]
    [InlineData("traits:plan")]
    public void What_is_not_known_of_somebody_holds_of_them_neither_way(string filter)
        => Assert.False(Filters.Read(filter).Holds(AudienceCustomer.At(History.Of(Utc("2011-03-01"), [], "GBP"), Now, false, Measures)!, Calendar.DateOf(Now, London)));

    [Theory]
    [InlineData("vip")]
    [InlineData("vip = false")]
    [InlineData("spend_relative:*")]
    [InlineData("recency_score != 3")]
    [InlineData("days_beyond_lapse < 1000")]
    [InlineData("stages.rfm:*")]
    [InlineData("predicted_clv:*")]
    [InlineData("churn_probability != 0.5")]
    public void Nor_what_the_shop_lacks(string filter) => Assert.False(Holds(filter, Of(London, null)));

    [Theory]
    [InlineData("stage = loyl", 9, "'loyl' is none of the values of 'stage'; write prospect, new, promising, loyal, drifting, sleeper, at_risk, red_alert.")]
    [InlineData("stages.nps = loyal", 1, "there is no field 'stages.nps'")]
    [InlineData("orders_within_0_days = 1", 1, "there is no field 'orders_within_0_days'")]
    [InlineData("orders_within_030_days = 1", 1, "there is no field 'orders_within_030_days'")]
    [InlineData("orders_within_3651_days = 1", 1, "there is no field 'orders_within_3651_days'")]
    [InlineData("orders_within_days = 1", 1, "there is no field 'orders_within_days'")]
    [InlineData("order_count > 1.5", 15, "'1.5' is no whole number")]
    [InlineData("repeat AND at_risk", 12, "there is no field 'at_risk'")]
    public void What_there_is_not_is_refused(string filter, int position, string message)
    {
        var error = Assert.Throws<FilterException>(() => Filters.Read(filter));
        Assert.Equal(position, error.Position);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_listed_field_has_a_value_of_its_type()
    {
        var customer = AudienceCustomer.At(Shopper, Now, true, Measures)!;
        foreach (var field in AudienceFields.Common.Concat(BuiltInModels.All.Keys.SelectMany(AudienceFields.OfModel)).Where(f => f.Name != "last_nps_score"))
        {
            Assert.Equal(field.Type switch
            {
                FieldType.Id => FieldKind.Text,
                FieldType.Flag => FieldKind.Flag,
                FieldType.Instant => FieldKind.Instant,
                _ => FieldKind.Number,
            }, customer.Value(field, Date("2011-06-10")).Kind);
        }
    }

    [Fact]
    public void An_audience_names_each_of_its_fields_once()
        => Assert.Equal(["spend", "traits.plan", "orders_within_30_days"], Filters.Read("spend > 5 (traits.plan = a OR traits.plan = b) spend < 9 orders_within_30_days > 0").Fields.Select(f => f.Name));

    [Theory]
    [InlineData("days_since_last_order > 60", true, "2011-06-30")]
    [InlineData("days_since_last_order <= 60", false, "2011-06-30")]
    [InlineData("days_since_last_order = 60", true, "2011-06-29")]
    [InlineData("days_since_last_order != 41", true, "2011-06-11")]
    [InlineData("days_beyond_lapse > 0", true, "2011-07-03")]
    [InlineData("orders_within_90_days < 3", true, "2011-07-01")]
    [InlineData("orders_within_90_days = 0", true, "2011-07-30")]
    [InlineData("stage = drifting", true, "2011-06-30")]
    [InlineData("stage = sleeper", true, "2011-07-30")]
    [InlineData("warm", false, "2011-06-20")]
    [InlineData("stage = drifting AND days_since_last_order >= 70", true, "2011-07-09")]
    [InlineData("NOT cold AND traits.plan = \"gold*\"", false, "2011-06-20")]
    [InlineData("predicted_number_of_orders < 2.5", true, "2011-06-11")]
    [InlineData("predicted_number_of_orders = 2.5", false, "2011-06-11")]
    [InlineData("predicted_number_of_orders >= 2", false, "2011-09-10")]
    [InlineData("predicted_clv > 50 AND repeat", false, "2012-06-09")]
    [InlineData("churn_probability >= 0.5", true, "2013-07-27")]
    [InlineData("churn_probability >= 0.99", true, "2258-07-07")]
    [InlineData("churn_probability > 1", null, null)]
    [InlineData("predicted_clv:*", null, null)]
    [InlineData("vip", null, null)]
    [InlineData("days_since_last_order:*", null, null)]
    [InlineData("days_since_last_order > 5", null, null)]
    [InlineData("warm OR cold", null, null)]
    public void The_clock_alone_brings_them_in_and_takes_them_out(string filter, bool? enters, string? date)
    {
        var customer = AudienceCustomer.At(Shopper, Now, true, Measures)!;
        var next = Filters.Read(filter).NextByClock(customer, Calendar.DateOf(Now, London), London);
        Assert.Equal(date is null ? null : new AudienceChange(enters!.Value, Calendar.StartOf(Date(date), London), Date(date)), next);
    }

    [Fact]
    public void Nobody_is_in_any_audience_before_they_are_seen_and_after_the_end()
    {
        var history = History.Of(Utc("2011-03-01"), [], "GBP", Utc("2011-04-01"));
        Assert.Null(AudienceCustomer.At(history, Utc("2011-02-28"), true, Measures));
        Assert.NotNull(AudienceCustomer.At(history, Utc("2011-03-01"), true, Measures));
        Assert.Null(AudienceCustomer.At(history, Utc("2011-04-01"), true, Measures));
    }
}
