using System.Globalization;
using Perennial.AllInOne.Running;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Import;

/// <summary>A shop's order history, from a CSV file through the gateway into a platform.</summary>
internal static class ImportCommand
{
    static readonly Option[] Options =
    [
        .. PlatformOptions.Store, new("--data"), new("--shop"), new("--map", Repeats: true), new("--time-zone"), new("--currency"), new("--time-format"),
        new("--refund-prefix"), new("--to"), new("--key"),
    ];

    public static async Task<int> RunAsync(string[] args, Streams streams, CancellationToken stop)
    {
        var line = CommandLine.Parse(args, Options);
        if (line.Words is not [var path]) throw new UsageException("write import FILE.csv --shop ID; --help says more.");
        var shop = line.Value("--shop") ?? throw new UsageException("--shop ID is needed: whose orders are these?");
        var zone = line.Value("--time-zone") is { } name ? FindZone(name) : null;
        using var file = OrderFile.Open(path, Mappings(line));

        await using var target = await Target.OpenAsync(line, shop, stop);
        var times = new LocalTime(zone ?? FindZone(target.Shop.TimeZone), line.Value("--time-format"));
        var screen = new Screen(streams, toError: false);
        var result = await ImportAsync(file, times, line, target, screen, stop);
        await PrintAsync(result, target, screen, streams.Error);
        return result.RefusedRows > 0 ? 1 : 0;
    }

    static async Task<ImportResult> ImportAsync(OrderFile file, LocalTime times, CommandLine line, Target target, Screen screen, CancellationToken stop)
    {
        var book = new OrderBook(file.Map, line.Value("--refund-prefix"));
        file.Read(times, book.Add, book.Refuse, stop);
        var orders = book.Close();
        var currencies = new Currencies(target.Shop.CurrencyCode, line.Value("--currency")?.ToUpperInvariant() ?? "");
        var refused = await screen.ProgressAsync($"Importing {orders.Count.ToString("N0", CultureInfo.InvariantCulture)} orders and refunds",
            done => new Importer(target.Gateway, file.Map).SendAsync(orders, currencies, done, stop));
        await screen.ProgressAsync("Every service catches up", done => new CatchUp(target.Gateway, target.Shop.Shop_).WaitAsync(done, stop));
        return ImportResult.Of(orders, [.. book.Refused, .. refused], currencies);
    }

    static async Task PrintAsync(ImportResult result, Target target, Screen screen, TextWriter errors)
    {
        foreach (var refused in result.Refused) await errors.WriteLineAsync(refused.ToString());
        foreach (var order in result.Shortened) await errors.WriteLineAsync($"order '{order.Id}': its {order.Lines.Count} lines do not fit into one event; the total is right, the last products are left out");
        screen.Line(result.ToString());
        if (target.NewKey is { } key) screen.Line($"Shop '{target.Shop.Shop_}' is new ({target.Shop.TimeZone}, {target.Shop.CurrencyCode}). API key, shown this once: {key}");
    }

    static List<(string Column, Field Field)> Mappings(CommandLine line)
    {
        var told = line.Values("--map").Select(ColumnMap.ParseMapping).ToList();
        var twice = told.GroupBy(t => t.Field).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? told : throw new UsageException($"--map names two columns for {ColumnMap.NameOf(twice.Key)}: {string.Join(", ", twice.Select(t => $"'{t.Column}'"))}.");
    }

    static TimeZoneInfo FindZone(string name)
        => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : throw new UsageException($"--time-zone '{name}' is not a time zone; write an IANA name such as Europe/London.");
}
