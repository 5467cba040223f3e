using Perennial.AllInOne.Import;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Tests.Import;

public sealed class ColumnMapTests
{
    [Theory]
    // UCI Online Retail
    [InlineData("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "order_id=InvoiceNo customer_id=CustomerID order_time=InvoiceDate product_id=StockCode quantity=Quantity unit_price=UnitPrice product_name=Description")]
    // UCI Online Retail II
    [InlineData("Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
        "order_id=Invoice customer_id=Customer ID order_time=InvoiceDate product_id=StockCode quantity=Quantity unit_price=Price product_name=Description")]
    // Shopify's order export
    [InlineData("Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Id",
        "order_id=Name customer_id=Email order_time=Created at product_id=Lineitem sku quantity=Lineitem quantity unit_price=Lineitem price total=Total currency=Currency product_name=Lineitem name status=Financial Status")]
    // WooCommerce's order export
    [InlineData("Order ID,Order Number,Order Date,Order Status,Customer User ID,Email (Billing),Order Currency,Order Total Amount,Item Name,SKU,Quantity,Item Cost",
        "order_id=Order ID customer_id=Customer User ID order_time=Order Date product_id=SKU quantity=Quantity unit_price=Item Cost total=Order Total Amount currency=Order Currency product_name=Item Name status=Order Status")]
    // Our own names
    [InlineData("order_id,customer_id,order_time,product_id,quantity,unit_price,total,currency,product_name,status",
        "order_id=order_id customer_id=customer_id order_time=order_time product_id=product_id quantity=quantity unit_price=unit_price total=total currency=currency product_name=product_name status=status")]
    // One row per order
    [InlineData("order,email,date,amount", "order_id=order customer_id=email order_time=date total=amount")]
    public void Knows_the_names_that_shops_use(string header, string expected)
    {
        var map = ColumnMap.Of(header.Split(','), []);
        var found = Enum.GetValues<Field>().Where(f => map[f] >= 0).Select(f => $"{ColumnMap.NameOf(f)}={map.ColumnName(f)}");
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public void Takes_what_it_is_told_before_what_it_knows()
    {
        var map = ColumnMap.Of(["Order", "Who", "Date", "Total", "Net"], [ColumnMap.ParseMapping("Who=customer_id"), ColumnMap.ParseMapping("net=total")]);
        Assert.Equal(1, map[Field.CustomerId]);
        Assert.Equal(4, map[Field.Total]);
    }

    [Theory]
    [InlineData("a,b", "no column for order_id and customer_id and order_time and total or unit_price; it has 'a', 'b'. Name it with --map COLUMN=order_id.")]
    [InlineData("order_id,date,total", "no column for customer_id; it has 'order_id', 'date', 'total'. Name it with --map COLUMN=customer_id.")]
    [InlineData("order_id,date,customer", "no column for total or unit_price; it has 'order_id', 'date', 'customer'. Name it with --map COLUMN=total.")]
    public void Names_what_is_missing_what_is_there_and_what_to_write(string header, string expected)
        => Assert.Contains(expected, Assert.Throws<StartException>(() => ColumnMap.Of(header.Split(','), [])).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_told_column_that_is_not_there()
        => Assert.Contains("no column 'Kunde'", Assert.Throws<StartException>(() => ColumnMap.Of(["a"], [("Kunde", Field.CustomerId)])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Kunde", "is not COLUMN=FIELD")]
    [InlineData("=total", "is not COLUMN=FIELD")]
    [InlineData("Kunde=client", "there is no field 'client'; fields are order_id, customer_id, order_time")]
    public void Refuses_a_mapping_that_is_none(string text, string expected)
        => Assert.Contains(expected, Assert.Throws<UsageException>(() => ColumnMap.ParseMapping(text)).Message, StringComparison.Ordinal);
}
