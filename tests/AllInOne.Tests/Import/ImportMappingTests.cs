using Perennial.AllInOne.Import;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Tests.Import;

public sealed class ImportMappingTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", "C")]
    [InlineData("Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country", "C")]
    [InlineData("Order ID,Order Number,Order Date,Customer User ID,Order Total Amount", null)]
    public void Knows_Online_Retail_by_its_header(string header, string? refundPrefix)
        => Assert.Equal(refundPrefix, ImportMapping.For(header.Split(',')).RefundPrefix);

    [Fact]
    public void Online_Retail_is_a_mapping_that_a_file_could_say()
    {
        var builtIn = ImportMapping.For(["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]);
        Assert.Equal(builtIn.ToText(), Load(builtIn.ToText()).ToText());
    }

    [Fact]
    public void Says_of_every_field_what_a_file_says()
    {
        var mapping = Load("""{ "columns": { "order_id": "No" }, "constants": { "status": "completed", }, "time": { "format": "yyyy", "zone": "UTC" }, "refund_prefix": "R", "negative_quantity": "refund", "facts": { "odd": { "field": "product_id", "is": ["x"], "starts_with": ["y"] } }, "leave_out": ["odd", "duplicate"] }""");
        Assert.Equal(("No", "completed", "yyyy", "UTC", "R", NegativeQuantity.Refund), (mapping.Columns["order_id"], mapping.Constants["status"], mapping.Time.Format, mapping.Time.Zone, mapping.RefundPrefix, mapping.NegativeQuantity));
        Assert.Equal(["odd", "duplicate"], mapping.LeaveOut);
    }

    [Theory]
    [InlineData("", "mapping file")]
    [InlineData("[]", "mapping file")]
    [InlineData("""{ "colums": {} }""", "colums")]
    [InlineData("""{ "negative_quantity": "ignore" }""", "negative_quantity")]
    [InlineData("""{ "columns": { "order": "No" } }""", "there is no field 'order'; fields are order_id, customer_id")]
    [InlineData("""{ "facts": { "Bad name": { "field": "product_id", "is": ["x"] } } }""", "fact 'Bad name' must be named by")]
    [InlineData("""{ "facts": { "duplicate": { "field": "product_id", "is": ["x"] } } }""", "fact 'duplicate' is counted anyway")]
    [InlineData("""{ "facts": { "odd": { "is": ["x"] } } }""", "fact 'odd' needs either a field or a column")]
    [InlineData("""{ "facts": { "odd": { "field": "product_id" } } }""", "fact 'odd' needs texts")]
    [InlineData("""{ "leave_out": ["odd"] }""", "leave_out names 'odd', which is no fact of rows; there are cancelled, duplicate")]
    public void Says_what_is_wrong_with_a_file(string json, string expected)
        => Assert.Contains(expected, Assert.Throws<StartException>(() => Load(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_constant_stands_for_a_column_that_the_file_lacks()
    {
        var map = ColumnMap.Of(["order", "date", "total"], [], Load("""{ "constants": { "customer_id": "counter" } }"""));
        Assert.Equal(-1, map[Field.CustomerId]);
        Assert.Throws<StartException>(() => ColumnMap.Of(["order", "date", "total"], []));
    }

    [Fact]
    public void The_example_of_the_documentation_is_a_mapping()
    {
        var text = File.ReadAllText(Path.Combine(Root(), "docs", "IMPORTING.md"));
        var start = text.IndexOf("```json", StringComparison.Ordinal) + "```json".Length;
        Assert.Equal("order_id", Load(text[start..text.IndexOf("```", start, StringComparison.Ordinal)]).Columns.First().Key);
    }

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Microservices.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }

    ImportMapping Load(string json)
    {
        var path = Path.Combine(_folder, "map.json");
        File.WriteAllText(path, json);
        return ImportMapping.Load(path);
    }
}
