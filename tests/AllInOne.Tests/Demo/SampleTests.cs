using Perennial.AllInOne.Demo;
using Perennial.AllInOne.Import;
using Perennial.Testing;

namespace Perennial.AllInOne.Tests.Demo;

public sealed class SampleTests
{
    [Fact]
    public void Holds_the_orders_that_it_is_known_for()
    {
        var orders = DemoSample.Read(TestContext.Current.CancellationToken).Orders;
        var named = orders.Where(o => !o.NamesNoOrder && o.CustomerId.Length > 0).ToList();
        Assert.Equal((18_536, 4_339), (named.Count, named.DistinctBy(o => o.CustomerId).Count()));
        Assert.Equal((20_726, 3_836), (orders.Count(o => !o.NamesNoOrder), orders.Count(o => o.NamesNoOrder)));
        Assert.All(orders, o => Assert.True(o.IsComplete));
    }

    [Fact]
    public void Keeps_every_line_of_its_largest_order_within_one_event()
    {
        var orders = DemoSample.Read(TestContext.Current.CancellationToken).Orders;
        var largest = orders.MaxBy(o => o.Lines.Count)!;
        Assert.Equal(1_114, largest.Lines.Count);
        Assert.DoesNotContain(orders, new OrderEvents(new Currencies("GBP", "")).HasTooManyProducts);
    }

    [Fact]
    public void Has_the_facts_that_its_lines_have()
    {
        var facts = DemoSample.Read(TestContext.Current.CancellationToken).Source.From(0).Last().Chunk.Facts;
        var lines = Reference.Sample;
        var orders = lines.Where(l => l.Invoice[0] != 'C' && l.Customer.Length > 0).GroupBy(l => l.Invoice).ToList();
        Assert.Equal([540_571, 0, 0], [facts["rows"], facts["rows_refused"], facts["rows_left_out"]]);
        Assert.Equal(lines.Count(l => l.Invoice[0] == 'C'), facts["cancelled"]);
        Assert.Equal(lines.Count(l => l.Customer.Length == 0), facts["without_customer"]);
        Assert.Equal(lines.Count - lines.Distinct().Count(), facts["duplicate"]);
        Assert.Equal(lines.Count(l => decimal.Parse(l.Price, System.Globalization.CultureInfo.InvariantCulture) == 0), facts["zero_price"]);
        Assert.Equal(lines.Count(l => l.Product is "POST" or "DOT" or "C2"), facts["postage"]);
        Assert.Equal(lines.Count(l => l.Product.StartsWith("gift_", StringComparison.Ordinal)), facts["gift_vouchers"]);
        Assert.Equal((lines.DistinctBy(l => l.Product).Count(), lines.DistinctBy(l => l.Product.ToUpperInvariant()).Count()), ((int)facts["products"], (int)facts["products_ignoring_case"]));
        Assert.Equal(orders.Count(o => o.DistinctBy(l => l.Time).Count() > 1), facts["orders_with_several_times"]);
        Assert.Equal((20_726, 3_836, 4_372, 33), (facts["orders"], facts["refunds"], facts["customers"], facts["customers_without_order"]));
    }

    [Fact]
    public void Is_the_source_without_what_its_attribution_says()
    {
        var source = Reference.Read(Shared.FileOrSkip("data/online_retail_2010_2011.csv.gz"), 0, 1, 3, 4, 5, 6).ToList();
        var sold = source.Where(l => l.Quantity > 0).Select(l => l.Invoice).ToHashSet();
        Assert.Equal(source.Where(l => (l.Invoice[0] == 'C' || sold.Contains(l.Invoice)) && l.Price[0] != '-'), Reference.Sample);
    }

    [Theory]
    [InlineData("2010-12-01", "2010-12-01T23:59:59.999Z")]
    [InlineData("2011-03-27", "2011-03-27T22:59:59.999Z")]
    [InlineData("2011-06-30", "2011-06-30T22:59:59.999Z")]
    [InlineData("2011-10-30", "2011-10-30T23:59:59.999Z")]
    public void Ends_a_day_where_the_shop_does(string day, string expected)
        => Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), DemoSample.EndOf(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture)));
}
