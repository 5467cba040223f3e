using System.Text.Json;
using Perennial.AllInOne.Running;
using Perennial.AllInOne.Tests.Running;
using Perennial.Segmentation.V1;

namespace Perennial.AllInOne.Tests.Import;

/// <summary>A file on disk, through the gateway, into stages.</summary>
public sealed class ImportCommandTests : IDisposable
{
    const string Header = "Bestelnummer,Klant,Datum,Artikel,Aantal,Prijs";
    static readonly string[] Mapping = ["--map", "Bestelnummer=order_id", "--map", "Klant=customer_id", "--map", "Datum=order_time", "--map", "Artikel=product_id", "--map", "Aantal=quantity", "--map", "Prijs=unit_price"];

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Imports_what_is_good_names_what_is_not_and_doubles_nothing_when_run_again()
    {
        var file = Write(
            "1,alice,2026-01-10 23:30,A,1,10.00",
            "1,alice,2026-01-10 23:30,B,2,5.00",
            "2,alice,2026-01-31,A,1,10.00",
            "3,bob,2026-02-10,A,one,10.00",
            "4,bob,10th of February,A,1,10.00",
            "5,,2026-02-11,A,1,10.00",
            "6,null,2026-02-11,A,1,10.00",
            "R7,alice,2026-02-12,A,-1,10.00",
            "8,carol,2926-02-12,A,1,10.00");
        string[] command = ["import", file, "--shop", "winkel", "--data", Data, "--refund-prefix", "R", "--time-zone", "Europe/Amsterdam", .. Mapping];

        var (code, output, error) = await Run.AsyncWith(command);
        Assert.Equal(1, code);
        var refused = error.TrimEnd().Split('\n');
        Assert.Equal("line 5, Aantal: 'one' is not a number up to 1,000,000,000; write it like 12.5", refused[0].TrimEnd());
        Assert.StartsWith("line 6, Datum: '10th of February' is not a time", refused[1], StringComparison.Ordinal);
        Assert.StartsWith("line 8, Klant: order '6' was refused: user_id is a placeholder", refused[2], StringComparison.Ordinal);
        Assert.StartsWith("line 10, Datum: order '8' was refused: timestamp", refused[3], StringComparison.Ordinal);
        Assert.Equal(4, refused.Length);
        Assert.Contains("Imported: orders 3, refunds 1, customers 1, anonymous visitors 1. Refused rows: 4.", output, StringComparison.Ordinal);
        var key = output.Split(": ")[^1].Trim();
        Assert.StartsWith("pk_winkel_", key, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);

        var (again, repeated, _) = await Run.AsyncWith(command);
        Assert.Equal(1, again);
        Assert.Contains("Imported: orders 3, refunds 1,", repeated, StringComparison.Ordinal);
        Assert.DoesNotContain("pk_", repeated, StringComparison.Ordinal);

        await using var platform = await Platform.StartAsync(new PlatformSettings { Data = Data, Port = 0, ChoosesPorts = true }, TestContext.Current.CancellationToken);
        using var gateway = new GatewayClient(platform.Http, key);
        var alice = await gateway.GetAsync<CustomerLifecycle>("/v1/shops/winkel/customers/user:alice/lifecycle?asOf=2026-02-28T12:00:00Z", TestContext.Current.CancellationToken);
        Assert.Equal((2, 28, "promising", 20), (alice.Why.OrderCount, alice.Why.DaysSinceLastOrder, alice.Stage, (int)alice.Value.Units));
        var visitor = await gateway.GetAsync<CustomerLifecycle>("/v1/shops/winkel/customers/anon:invoice-5/lifecycle?asOf=2026-02-28T12:00:00Z", TestContext.Current.CancellationToken);
        Assert.Equal(1, visitor.Why.OrderCount);
    }

    [Fact]
    public async Task Replaces_an_incomplete_order_once_its_broken_row_is_mended()
    {
        string[] Command(string file) => ["import", file, "--shop", "winkel", "--data", Data, .. Mapping];
        var (_, output, _) = await Run.AsyncWith(Command(Write("1,alice,2026-01-10,A,1,10.00", "1,alice,2026-01-10,B,two,5.00")));
        var (code, _, error) = await Run.AsyncWith(Command(Write("1,alice,2026-01-10,A,1,10.00", "1,alice,2026-01-10,B,2,5.00")));
        Assert.Equal((0, ""), (code, error));
        await using var platform = await Platform.StartAsync(new PlatformSettings { Data = Data, Port = 0, ChoosesPorts = true }, TestContext.Current.CancellationToken);
        using var gateway = new GatewayClient(platform.Http, output.Split(": ")[^1].Trim());
        var alice = await gateway.GetAsync<CustomerLifecycle>("/v1/shops/winkel/customers/user:alice/lifecycle", TestContext.Current.CancellationToken);
        Assert.Equal((1, 20), (alice.Why.OrderCount, (int)alice.Value.Units));
    }

    [Fact]
    public async Task Imports_into_a_platform_that_runs_by_its_address_or_by_its_folder()
    {
        using var data = DataFolder.Open(Data);
        await using var running = await TestPlatform.StartAsync(data.Path);
        data.Announce(running.Platform.Http);
        var file = Write("1,alice,2026-01-10,A,1,10.00");

        var (byAddress, output, _) = await Run.AsyncWith(["import", file, "--shop", TestPlatform.Shop, "--to", running.Platform.Http.ToString(), "--key", running.Key, .. Mapping]);
        Assert.Equal(0, byAddress);
        Assert.Contains("Imported: orders 1, refunds 0, customers 1, anonymous visitors 0. Refused rows: 0.", output, StringComparison.Ordinal);
        var (byGrpc, _, said) = await Run.AsyncWith(["import", file, "--shop", TestPlatform.Shop, "--to", running.Platform.Grpc.ToString(), "--key", running.Key, "--import-id", "again", .. Mapping]);
        Assert.Equal((0, ""), (byGrpc, said));
        var (byFolder, _, _) = await Run.AsyncWith(["import", file, "--shop", TestPlatform.Shop, "--data", Data, "--key", running.Key, .. Mapping]);
        Assert.Equal(0, byFolder);

        var (withoutKey, _, error) = await Run.AsyncWith(["import", file, "--shop", TestPlatform.Shop, "--data", Data, .. Mapping]);
        Assert.Equal(1, withoutKey);
        Assert.Contains("import into it with --key KEY", error, StringComparison.Ordinal);
        var (wrongKey, _, refusal) = await Run.AsyncWith(["import", file, "--shop", TestPlatform.Shop, "--to", running.Platform.Http.ToString(), "--key", "pk_wrong", .. Mapping]);
        Assert.Equal(1, wrongKey);
        Assert.Contains("HTTP 401", refusal, StringComparison.Ordinal);
        var (otherShop, _, mismatch) = await Run.AsyncWith(["import", file, "--shop", "other", "--to", running.Platform.Http.ToString(), "--key", running.Key, .. Mapping]);
        Assert.Equal(1, otherShop);
        Assert.Contains("This key belongs to shop 'test-shop'", mismatch, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--shop Not_A_Shop", "shop 'Not_A_Shop'")]
    [InlineData("--shop s --currency pounds", "shop 's'")]
    [InlineData("--shop s --to http://127.0.0.1:1 --key k", "no answer from the gateway at http://127.0.0.1:1/")]
    public async Task Says_in_one_line_why_it_cannot_begin(string options, string expected)
    {
        var (code, _, error) = await Run.AsyncWith(["import", Write("1,alice,2026-01-10,A,1,10.00"), "--data", Data, .. options.Split(' '), .. Mapping]);
        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Names_the_columns_it_found_before_anything_is_started()
    {
        var (code, _, error) = await Run.AsyncWith("import", Write("1,alice,2026-01-10,A,1,10.00"), "--shop", "s", "--data", Data);
        Assert.Equal(1, code);
        Assert.Contains("it has 'Bestelnummer', 'Klant', 'Datum', 'Artikel', 'Aantal', 'Prijs'. Name it with --map COLUMN=order_id.", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task Tells_the_facts_as_one_document_and_knows_an_import_that_is_done()
    {
        string[] command = ["import", Write("1,alice,2026-01-10,A,1,10.00", "1,alice,2026-01-10,A,1,10.00", "2,,2026-01-11,B,1,0", "3,bob,2026-01-12,B,-1,5.00", "4,bob,x,B,1,5.00"), "--shop", "winkel", "--data", Data, "--json", .. Mapping];
        foreach (var sent in (int[])[2, 0])
        {
            var (code, output, error) = await Run.AsyncWith(command);
            Assert.Equal(1, code);
            using var document = JsonDocument.Parse(output);
            var root = document.RootElement;
            Assert.Equal((2, 0, 0, sent), (Number(root, "recorded"), Number(root, "duplicates"), Number(root, "refused"), Number(root, "sent")));
            var facts = root.GetProperty("facts");
            Assert.Equal((5, 2, 1, 1, 1, 1), (Number(facts, "rows"), Number(facts, "rows_refused"), Number(facts, "duplicate"), Number(facts, "without_customer"), Number(facts, "zero_price"), Number(facts, "quantity_not_positive")));
            Assert.Equal([5, 6], root.GetProperty("refusals").EnumerateArray().Select(r => Number(r, "line")));
            Assert.Equal(sent > 0, root.TryGetProperty("newKey", out _));
            Assert.Contains("line 6, Datum: 'x' is not a time", error, StringComparison.Ordinal);
        }

        static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Follows_a_mapping_file()
    {
        var map = Path.Combine(_folder, "winkel.json");
        await File.WriteAllTextAsync(map, """
            {
              // Column names of our export.
              "columns": { "order_id": "Bestelnummer", "customer_id": "Klant", "order_time": "Datum", "product_id": "Artikel", "quantity": "Aantal", "unit_price": "Prijs" },
              "constants": { "currency": "USD" },
              "time": { "format": "dd-MM-yyyy HH:mm", "zone": "America/New_York" },
              "negative_quantity": "refund",
              "facts": { "postage": { "column": "Artikel", "is": ["verzending"] } },
              "leave_out": ["postage", "without_customer"]
            }
            """, TestContext.Current.CancellationToken);
        var (code, output, error) = await Run.AsyncWith("import", Write("1,alice,10-01-2026 20:30,A,3,10.00", "1,alice,10-01-2026 20:30,VERZENDING,1,4.95", "1,alice,10-01-2026 20:30,A,-1,10.00", "2,,11-01-2026 10:00,A,1,10.00"),
            "--shop", "winkel", "--data", Data, "--map", map, "--live");
        Assert.True(code == 0, error);
        Assert.Contains("Imported: orders 1, refunds 1, customers 1, anonymous visitors 0. Refused rows: 0.", output, StringComparison.Ordinal);
        Assert.Matches(@"postage +1\b", output);
        Assert.Matches(@"rows_left_out +2\b", output);
        Assert.Contains("Shop 'winkel' is new (America/New_York, USD)", output, StringComparison.Ordinal);

        var events = await LogOf.ReadAsync(Data, "winkel");
        Assert.Equal(["OrderCompleted", "OrderRefunded"], events.Select(e => e.Event.PayloadCase.ToString()).Order());
        Assert.All(events, e => Assert.Equal((new DateTimeOffset(2026, 1, 11, 1, 30, 0, TimeSpan.Zero), false), (e.EventTime.ToDateTimeOffset(), e.Event.Backfill)));
    }

    [Fact]
    public async Task Imports_events_of_both_kinds_and_marks_them_as_backfill()
    {
        var (code, output, error) = await Run.AsyncWith("import", WriteLines("events.ndjson",
            """{"type":"track","event":"Order Completed","userId":"alice","messageId":"m1","originalTimestamp":"2026-01-10T12:00:00Z","sentAt":"2026-01-10T12:00:05Z","properties":{"order_id":"1","total":10}}""",
            "",
            """{"userId":"bob","timestamp":"2026-01-11T12:00:00Z","pageViewed":{"name":"Home"}}""",
            """{"userId":"bob","timestamp":"2026-01-11T12:00:00Z","pageViewed":{"name":"Home"}}""",
            """{"type":"track","userId":"alice"}""",
            """{"userId":"bob","pageVewed":{"name":"Home"}}""",
            "not json",
            """{"messageId":"m7","userId":"null","pageViewed":{"name":"Home"}}"""), "--shop", "winkel", "--data", Data, "--import-id", "events-1", "--progress");
        Assert.Equal(1, code);
        Assert.Contains("Imported: events 3. Refused rows: 4.", output, StringComparison.Ordinal);
        Assert.Contains("Import 'events-1': 2 events recorded, 1 had been before, 1 refused", output, StringComparison.Ordinal);
        Assert.Contains("line 5: event is missing", error, StringComparison.Ordinal);
        Assert.Contains("line 6: is neither an item of the tracking protocol", error, StringComparison.Ordinal);
        Assert.Contains("line 7: is not JSON", error, StringComparison.Ordinal);
        Assert.Contains("event 'm7' was refused: user_id is a placeholder", error, StringComparison.Ordinal);
        Assert.Contains("8 rows, ", error, StringComparison.Ordinal);

        var events = await LogOf.ReadAsync(Data, "winkel");
        Assert.All(events, e => Assert.True(e.Event.Backfill));
        // As it stands: the time of the import sets no clock right.
        Assert.Equal([("user:alice", 10), ("user:bob", 11)], events.Select(e => (e.Customer, e.EventTime.ToDateTimeOffset().Day)).Order());
    }

    [Fact]
    public async Task Refuses_to_resume_with_another_file()
    {
        string[] Command(string file) => ["import", file, "--shop", "winkel", "--data", Data, "--import-id", "history", .. Mapping];
        await Run.AsyncWith(Command(Write("1,alice,2026-01-10,A,1,10.00")));
        var (code, _, error) = await Run.AsyncWith(Command(Write("1,alice,2026-01-10,A,2,10.00")));
        Assert.Equal(1, code);
        Assert.Contains("import 'history' was begun with another file or mapping (orders.csv (", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--live --backfill", "exclude each other")]
    [InlineData("--import-id Bad_Id", "--import-id 'Bad_Id' must have 1 to 63 characters")]
    [InlineData("--map a.json --map b.json", "--map names two files: 'a.json', 'b.json'")]
    [InlineData("--map none.json", "--map 'none.json' is neither COLUMN=FIELD nor a mapping file that is there")]
    public async Task Says_what_is_wrong_with_an_option(string options, string expected)
    {
        var (code, _, error) = await Run.AsyncWith(["import", Write("1,alice,2026-01-10,A,1,10.00"), "--shop", "s", "--data", Data, .. options.Split(' ')]);
        Assert.NotEqual(0, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_no_mapping_for_a_file_of_events()
    {
        var (code, _, error) = await Run.AsyncWith("import", WriteLines("events.ndjson", "{}"), "--shop", "s", "--data", Data, "--refund-prefix", "C");
        Assert.Equal(2, code);
        Assert.Contains("--refund-prefix is for CSV files", error, StringComparison.Ordinal);
    }

    string Data => Path.Combine(_folder, "data");

    string Write(params string[] rows) => WriteLines("orders.csv", [Header, .. rows]);

    string WriteLines(string name, params string[] lines)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }
}
