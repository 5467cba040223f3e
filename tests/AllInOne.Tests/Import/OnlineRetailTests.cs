using System.Text.Json;
using Perennial.AllInOne.Running;
using Perennial.Segmentation.V1;
using Perennial.Testing;

namespace Perennial.AllInOne.Tests.Import;

/// <summary>The whole file of the UCI, as it is, with what is known of it.</summary>
public sealed class OnlineRetailTests : IDisposable
{
    static readonly Dictionary<string, long> Known = new()
    {
        ["rows"] = 541_909,
        ["rows_refused"] = 0,
        ["rows_left_out"] = 1_338,
        ["cancelled"] = 9_288,
        ["without_customer"] = 135_080,
        ["duplicate"] = 5_268,
        ["zero_price"] = 2_515,
        ["negative_price"] = 2,
        ["quantity_not_positive"] = 1_336,
        ["orders_with_several_times"] = 30,
        ["products"] = 4_070,
        ["products_ignoring_case"] = 3_958,
        ["customers"] = 4_372,
        ["customers_without_order"] = 33,
        ["orders"] = 20_726,
        ["refunds"] = 3_836,
        ["anonymous_visitors"] = 2_372,
        // Codes that are no products.
        ["postage"] = 2_110,
        ["manual_lines"] = 572,
        ["discounts"] = 77,
        ["samples"] = 63,
        ["bank_charges"] = 37,
        ["marketplace_fees"] = 34,
        ["charity"] = 16,
        ["bad_debt"] = 3,
        ["gift_vouchers"] = 34,
    };

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Imports_with_every_fact_that_is_known_of_it_and_counts_the_same_stages()
    {
        var file = Shared.FileOrSkip("data/online_retail_2010_2011.csv.gz");
        var (code, output, error) = await Run.AsyncWith("import", file, "--shop", "retail", "--data", _folder, "--json");
        Assert.True(code == 0, error);
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        Assert.Equal(Known.OrderBy(f => f.Key, StringComparer.Ordinal), root.GetProperty("facts").EnumerateObject().Select(f => KeyValuePair.Create(f.Name, f.Value.GetInt64())));
        Assert.Equal((24_562, 0, 0), (root.GetProperty("recorded").GetInt32(), root.GetProperty("duplicates").GetInt32(), root.GetProperty("refused").GetInt32()));

        await using var platform = await Platform.StartAsync(new PlatformSettings { Data = _folder, Port = 0, ChoosesPorts = true }, TestContext.Current.CancellationToken);
        using var gateway = new GatewayClient(platform.Http, root.GetProperty("newKey").GetString()!);
        var counts = await gateway.GetAsync<StageCounts>("/v1/shops/retail/stages:count?asOf=2011-06-30T22:59:59.999Z", TestContext.Current.CancellationToken);
        Assert.Equal([42, 228, 626, 625, 512, 944, 25, 0], counts.Stages.Select(s => (int)s.CustomerCount));
    }
}
