using System.IO.Compression;
using System.Text;
using Perennial.AllInOne.Import;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Tests.Import;

public sealed class OrderFileTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Reads_rows_as_they_are()
    {
        var rows = Accepted("order_id,customer_id,order_time,product_id,quantity,unit_price\n1001, alice ,2011-01-02 10:00,A,2,9.50\n");
        Assert.Equal(new OrderRow(2, "1001", "alice", new DateTimeOffset(2011, 1, 2, 10, 0, 0, TimeSpan.Zero), "A", "", 2, 9.50m, null, "", null), Assert.Single(rows));
    }

    [Theory]
    [InlineData("order;customer;date;total\n1;a;2011-01-02;12,50\n")]
    [InlineData("order\tcustomer\tdate\ttotal\n1\ta\t2011-01-02\t12.50\n")]
    [InlineData("order|customer|date|total\r\n1|a|2011-01-02|12.50\r\n")]
    [InlineData("\uFEFForder,customer,date,total\n\n1,a,2011-01-02,12.50\n\n")]
    [InlineData("\"order\",\"customer\",\"date\",\"total\"\n\"1\",\"a\",\"2011-01-02\",\"12.50\"\n")]
    public void Reads_every_usual_dialect(string text) => Assert.Equal(12.50m, Assert.Single(Accepted(text)).Total);

    [Fact]
    public void Reads_gzip_by_content_not_by_name()
    {
        var path = Path.Combine(_folder, "orders.csv");
        using (var gzip = new GZipStream(File.Create(path), CompressionMode.Compress)) gzip.Write("order,customer,date,total\n1,a,2011-01-02,1\n"u8);
        Assert.Single(Read(path).Accepted);
    }

    [Theory]
    [InlineData(",a,2011-01-02,A,1,1.00", "line 2, order_id: is empty")]
    [InlineData("1,a,2nd of May,A,1,1.00", "line 2, order_time: '2nd of May' is not a time; write 2011-12-09 23:59:59, 2011-12-09 or 2011-12-09T23:59:59Z")]
    [InlineData("1,a,2011-01-02,A,two,1.00", "line 2, quantity: 'two' is not a number up to 1,000,000,000; write it like 12.5")]
    [InlineData("1,a,2011-01-02,A,1,\"1,00\"", "line 2, unit_price: '1,00' is not a number up to 1,000,000,000; write it like 12.5")]
    [InlineData("1,a,2011-01-02,A,1,2000000000", "line 2, unit_price: '2000000000' is not a number up to 1,000,000,000; write it like 12.5")]
    [InlineData("1,a,2011-01-02,A,1", "line 2: has 5 fields, the header 6")]
    [InlineData("1,a,2011-01-02,A,1,1.00,x", "line 2: has 7 fields, the header 6")]
    [InlineData("1,a,2011-01-02,\"A,1,1.00", "line 2: has a quote that is never closed; nothing after it could be read")]
    public void Refuses_a_broken_row_by_line_column_and_reason_and_reads_on(string row, string expected)
    {
        var path = Write($"order_id,customer_id,order_time,product_id,quantity,unit_price\n{row}\n2,b,2011-01-03,B,1,1.00\n");
        var (accepted, refused) = Read(path);
        Assert.Equal(expected, Assert.Single(refused).ToString());
        Assert.Equal(row.Contains("\"A", StringComparison.Ordinal) ? 0 : 1, accepted.Count);
    }

    [Fact]
    public void Counts_lines_inside_quoted_fields()
    {
        var (_, refused) = Read(Write("order,customer,date,total,note\n1,a,2011-01-02,1,\"two\nlines\"\n2,a,2011-01-02,x,\n"));
        Assert.Equal(4, Assert.Single(refused).Line);
    }

    [Theory]
    [InlineData("paid", OrderStatus.Completed)]
    [InlineData("wc-processing", OrderStatus.Completed)]
    [InlineData("Cancelled", OrderStatus.Cancelled)]
    [InlineData("voided", OrderStatus.Cancelled)]
    [InlineData("REFUNDED", OrderStatus.Refunded)]
    internal void Knows_the_words_that_shops_use_for_a_status(string word, OrderStatus expected)
        => Assert.Equal(expected, Assert.Single(Accepted($"order,customer,date,total,status\n1,a,2011-01-02,1,{word}\n")).Status);

    [Fact]
    public void Refuses_a_status_that_is_no_order_yet()
        => Assert.Contains("'pending' is unknown; write completed, cancelled or refunded", Assert.Single(Read(Write("order,customer,date,total,status\n1,a,2011-01-02,1,pending\n")).Refused).Reason, StringComparison.Ordinal);

    [Fact]
    public void Says_that_a_file_is_missing_empty_or_damaged()
    {
        Assert.Contains("there is no file", Assert.Throws<StartException>(() => Read(Path.Combine(_folder, "none.csv"))).Message, StringComparison.Ordinal);
        Assert.Contains("its first line must name the columns", Assert.Throws<StartException>(() => Read(Write(""))).Message, StringComparison.Ordinal);
        var damaged = Path.Combine(_folder, "damaged.gz");
        File.WriteAllBytes(damaged, [0x1f, 0x8b, 8, 0, 1, 2, 3]);
        Assert.Contains("cannot import", Assert.Throws<StartException>(() => Read(damaged)).Message, StringComparison.Ordinal);
    }

    List<OrderRow> Accepted(string text)
    {
        var (accepted, refused) = Read(Write(text));
        Assert.Empty(refused);
        return accepted;
    }

    string Write(string text)
    {
        var path = Path.Combine(_folder, "orders.csv");
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }

    static (List<OrderRow> Accepted, List<RefusedRow> Refused) Read(string path)
    {
        using var source = ImportFile.Open(path);
        using var file = OrderFile.Open(source, AskedMapping.None);
        var (accepted, refused) = (new List<OrderRow>(), new List<RefusedRow>());
        file.Read(new LocalTime(TimeZoneInfo.Utc), new RowFacts(file.Mapping, file.Map), accepted.Add, refused.Add, TestContext.Current.CancellationToken);
        return (accepted, refused);
    }
}
