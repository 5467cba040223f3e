using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Perennial.Ingestion.V1;
using Perennial.Segmentation.V1;
using Perennial.Testing;

namespace Perennial.AllInOne.Tests.Running;

/// <summary>A person is planted in every field that a sender has, everywhere they can get to, and erased: then nothing of them is in any column of any table.</summary>
public sealed class SweepTests : IDisposable
{
    const string Root = "/v1/shops/" + TestPlatform.Shop;
    const string Planted = "zquark";
    const string Address = "zquark@example.org";
    const string Ip = "203.0.113.77";

    /// <summary>Ids carry the word itself; the address is also known by its hash.</summary>
    static readonly string[] Markers = [Planted, Ip, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Address)))];

    const string Events = """
        {"context": {"ip": "203.0.113.77", "userAgent": "zquark-agent", "page": {"url": "https://shop.example/zquark", "referrer": "https://zquark.example/"}, "device": {"name": "zquark's phone"}},
         "batch": [
          {"type": "page", "name": "zquark's page", "messageId": "zquark-m1", "anonymousId": "zquark-visitor", "properties": {"note": "zquark"}},
          {"type": "track", "event": "Order Completed", "messageId": "zquark-m2", "anonymousId": "zquark-visitor", "timestamp": "2026-02-10T09:00:00Z", "originalTimestamp": "2026-02-10T09:00:00Z",
           "properties": {"order_id": "zquark-1", "total": 10.50, "coupon": "ZQUARK", "affiliation": "zquark", "gift_note": "for zquark", "products": [{"product_id": "zquark-mug", "name": "Mug for zquark", "price": 10.5, "quantity": 1, "engraving": "zquark"}]}},
          {"type": "identify", "messageId": "zquark-m3", "userId": "zquark-user", "anonymousId": "zquark-visitor", "traits": {"email": "zquark@example.org", "phone": "zquark-555", "name": "Z. Quark zquark", "birthday": "1980-03-02", "plan": "zquark plan"}},
          {"type": "track", "event": "Email Opened", "messageId": "zquark-m4", "context": {"traits": {"email": "zquark@example.org"}}, "properties": {"email_id": "zquark-mail", "campaign_name": "zquark"}},
          {"type": "alias", "messageId": "zquark-m5", "userId": "zquark-user", "previousId": "zquark-old"},
          {"type": "track", "event": "Consent Given", "messageId": "zquark-m6", "userId": "zquark-user", "context": {"externalIds": [{"id": "zquark-crm", "type": "crm"}]}, "properties": {"channel": "email", "source": "zquark"}},
          {"type": "track", "event": "Product Reviewed", "messageId": "zquark-m7", "userId": "zquark-user", "properties": {"product_id": "p", "review_body": "zquark was here", "rating": 5}},
          {"type": "track", "event": "Something zquark", "messageId": "zquark-m8", "userId": "zquark-twin", "properties": {"zquark": "zquark"}},
          {"type": "track", "event": "Order Completed", "messageId": "zquark-m9", "userId": "zquark-user", "properties": {"total": "zquark"}}
        ]}
        """;

    const string Other = """
        {"type": "track", "event": "Order Completed", "messageId": "other-m1", "userId": "somebody-else", "timestamp": "2026-02-10T09:00:00Z", "originalTimestamp": "2026-02-10T09:00:00Z", "properties": {"order_id": "other-1", "total": 20}}
        """;

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Nothing_of_an_erased_person_is_in_any_table_or_file()
    {
        await using (var platform = await TestPlatform.StartAsync(_folder)) await EraseAsync(platform, () => SqliteAsync(_folder));
        Assert.Empty(await SqliteAsync(_folder));
        // Not even in what the tables no longer use.
        foreach (var file in Directory.GetFiles(_folder, "*.db*"))
            Assert.True(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancel)).IndexOf(Planted, StringComparison.OrdinalIgnoreCase) < 0, file);
    }

    [Fact]
    public async Task Nothing_of_an_erased_person_is_in_any_table_of_sql_server()
    {
        await using var database = await TestDatabase.CreateOrSkipAsync();
        await using (var platform = await TestPlatform.StartAsync(_folder, database.Connection)) await EraseAsync(platform, () => SqlServerAsync(database.Connection));
        Assert.Empty(await SqlServerAsync(database.Connection));
    }

    /// <param name="sweep">The columns with a marker: proves that the person is there before, and that the sweep sees them.</param>
    static async Task EraseAsync(TestPlatform platform, Func<Task<IReadOnlyList<string>>> sweep)
    {
        // A receiver whose name stands for nothing: what it was not told waits in the gateway.
        await platform.PostAsync($"{Root}/webhooks", """{"webhook": "unreachable", "url": "https://receiver.invalid/", "afterPosition": "0"}""");
        await platform.PostAsync("/v1/batch", Events);
        await platform.PostAsync("/v1/track", Other);
        var door = new IngestionService.IngestionServiceClient(platform.Grpc());
        // Merged with somebody by mistake and parted again: each was recorded for the other meanwhile.
        var merge = await door.MergeCustomersAsync(new MergeCustomersRequest { Shop = TestPlatform.Shop, FromCustomer = "user:zquark-twin", ToCustomer = "user:zquark-user", Actor = "a", Reason = "b" }, cancellationToken: Cancel);
        var wrong = await door.MergeCustomersAsync(new MergeCustomersRequest { Shop = TestPlatform.Shop, FromCustomer = "user:somebody-else", ToCustomer = "user:zquark-user", Actor = "a", Reason = "b" }, cancellationToken: Cancel);
        await door.UnmergeCustomersAsync(new UnmergeCustomersRequest { Shop = TestPlatform.Shop, Change = wrong.Change, Actor = "a", Reason = "c" }, cancellationToken: Cancel);
        await platform.CatchUpAsync();
        Assert.NotEmpty(merge.Change);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (await WaitingAsync(platform, patience.Token) == 0) await Task.Delay(100, patience.Token);
        var planted = await sweep();
        Assert.Contains(planted, place => place.StartsWith("segmentation.customer_trait.text_value: zquark plan", StringComparison.Ordinal));
        Assert.DoesNotContain(planted, place => place.StartsWith("segmentation.customer", StringComparison.Ordinal) && (place.Contains(Address, StringComparison.Ordinal) || place.Contains("zquark-555", StringComparison.Ordinal) || place.Contains("Z. Quark", StringComparison.Ordinal)));
        foreach (var house in (string[])["ingestion", "segmentation", "engagement", "campaigns"]) Assert.Contains(planted, place => place.StartsWith(house, StringComparison.Ordinal));

        var before = await StagesAsync(platform);
        var erasure = await door.EraseCustomerAsync(new EraseCustomerRequest { Shop = TestPlatform.Shop, Customer = $"email:{Address}", Actor = "dpo", Reason = "request 7" }, cancellationToken: Cancel);
        while (erasure.State != Erasure.Types.State.Done)
        {
            await Task.Delay(100, patience.Token);
            erasure = await door.GetErasureAsync(new GetErasureRequest { Shop = TestPlatform.Shop, Erasure = erasure.Erasure_ }, cancellationToken: patience.Token);
        }
        await platform.CatchUpAsync();
        Assert.Equal(before, await StagesAsync(platform));
        var other = await platform.Gateway.GetAsync<CustomerLifecycle>($"{Root}/customers/user:somebody-else/lifecycle", Cancel);
        Assert.Equal((1, "other-1"), (other.Why.OrderCount, other.Why.LastOrderId));
        Assert.NotEqual(0, await WaitingAsync(platform, patience.Token));
    }

    /// <summary>The position in the feed that the receiver was not told of; 0 before the first attempt.</summary>
    static async Task<long> WaitingAsync(TestPlatform platform, CancellationToken cancellation)
        => long.Parse((await platform.Gateway.GetAsync<Struct>($"{Root}/webhooks/unreachable", cancellation)).Fields["pendingPosition"].StringValue, CultureInfo.InvariantCulture);

    /// <summary>A day when the person was counted still counts them.</summary>
    static async Task<string> StagesAsync(TestPlatform platform)
        => (await platform.Gateway.GetAsync<StageCounts>($"{Root}/stages:count?asOf=2026-02-20T00:00:00Z&includeAnonymous=true", Cancel)).Stages.ToString();

    static async Task<IReadOnlyList<string>> SqliteAsync(string folder)
    {
        var found = new List<string>();
        foreach (var file in Directory.GetFiles(folder, "*.db"))
        {
            await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            var tables = await connection.QueryAsync<string>("SELECT name FROM sqlite_master WHERE type = 'table'");
            foreach (var table in tables) Find($"{Path.GetFileNameWithoutExtension(file)}.{table}", await connection.QueryAsync($"SELECT * FROM {table}"), found);
        }
        return found;
    }

    static async Task<IReadOnlyList<string>> SqlServerAsync(string connectionString)
    {
        var found = new List<string>();
        await using var connection = new SqlConnection(connectionString);
        var tables = await connection.QueryAsync<(string Schema, string Name)>("SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_TYPE = 'BASE TABLE'");
        foreach (var (schema, name) in tables.Where(t => t.Schema is "ingestion" or "segmentation" or "engagement" or "campaigns" or "gateway"))
            Find($"{schema}.{name}", await connection.QueryAsync($"SELECT * FROM {schema}.{name}"), found);
        return found;
    }

    static void Find(string table, IEnumerable<dynamic> rows, List<string> found)
    {
        foreach (var row in rows.Cast<IDictionary<string, object?>>())
        {
            foreach (var (column, value) in row)
            {
                var text = value is byte[] bytes ? Encoding.Latin1.GetString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
                if (Markers.Any(m => text.Contains(m, StringComparison.OrdinalIgnoreCase))) found.Add($"{table}.{column}: {text}");
            }
        }
    }
}
