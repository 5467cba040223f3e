using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Perennial.AllInOne.Running;
using Perennial.Foundation.Hosting;
using ImportState = Perennial.Ingestion.V1.Import;

namespace Perennial.AllInOne.Import;

/// <summary>A shop's history, from a file of orders or events into a platform; run again, it goes on where it was interrupted.</summary>
internal static partial class ImportCommand
{
    static readonly Option[] Options =
    [
        .. PlatformOptions.Store, new("--data"), new("--shop"), new("--map", Repeats: true), new("--time-zone"), new("--currency"), new("--time-format"),
        new("--refund-prefix"), new("--to"), new("--key"), new("--import-id"), new("--backfill", TakesValue: false), new("--live", TakesValue: false),
        new("--progress", TakesValue: false), new("--json", TakesValue: false),
    ];

    public static async Task<int> RunAsync(string[] args, Streams streams, CancellationToken stop)
    {
        var line = CommandLine.Parse(args, Options);
        if (line.Words is not [var path]) throw new UsageException("write import FILE --shop ID; --help says more.");
        var shop = line.Value("--shop") ?? throw new UsageException("--shop ID is needed: whose history is this?");
        if (line.Has("--live") && line.Has("--backfill")) throw new UsageException("--live and --backfill exclude each other.");
        if (line.Value("--import-id") is { } id && !ImportId().IsMatch(id)) throw new UsageException($"--import-id '{id}' must have 1 to 63 characters a-z, 0-9 and hyphens.");
        // What is wrong with the call is said before any file is looked at.
        var asked = new AskedMapping(line);
        if (line.Value("--time-zone") is { } zone) FindZone(zone);
        using var file = ImportFile.Open(path);
        return file.Format == ImportFormat.Csv ? await ImportOrdersAsync(file, asked, shop, line, streams, stop) : await ImportEventsAsync(file, shop, line, streams, stop);
    }

    static async Task<int> ImportOrdersAsync(ImportFile file, AskedMapping asked, string shop, CommandLine line, Streams streams, CancellationToken stop)
    {
        using var orders = OrderFile.Open(file, asked);
        var zone = orders.Mapping.Time.Zone;
        var fileZone = zone is null ? null : FindZone(zone);

        await using var target = await Target.OpenAsync(line, shop, new ShopDefaults(zone, orders.Mapping.Constants.GetValueOrDefault(ColumnMap.NameOf(Field.Currency))), stop);
        var times = new LocalTime(fileZone ?? FindZone(target.Shop.TimeZone), orders.Mapping.Time.Format);
        var import = OrderImport.Read(orders, times, new Currencies(target.Shop.CurrencyCode, line.Value("--currency")?.ToUpperInvariant() ?? ""), stop);
        var reading = string.Join('\n', orders.Mapping.ToText(), asked.ColumnsText, fileZone?.Id ?? target.Shop.TimeZone, line.Value("--currency")?.ToUpperInvariant());
        var what = FormattableString.Invariant($"Importing {import.Orders.Count:N0} orders and refunds");
        return await SendAsync(new Job(file, reading, what, import.Source, import.Result), target, line, streams, stop);
    }

    static async Task<int> ImportEventsAsync(ImportFile file, string shop, CommandLine line, Streams streams, CancellationToken stop)
    {
        if (((string[])["--map", "--time-format", "--refund-prefix"]).FirstOrDefault(line.Has) is { } option) throw new UsageException($"{option} is for CSV files; '{file.Name}' holds a JSON object per line.");
        await using var target = await Target.OpenAsync(line, shop, new ShopDefaults(null, null), stop);
        var source = new EventSource(file);
        return await SendAsync(new Job(file, "events", "Importing events", source, (import, events, elapsed) => EventResult(source, import, events, elapsed)), target, line, streams, stop);
    }

    /// <summary>A file that is ready to be sent.</summary>
    /// <param name="Reading">What beside its content decides which events come of it.</param>
    sealed record Job(ImportFile File, string Reading, string What, IImportSource Source, Func<ImportState, long, TimeSpan, ImportResult> Result);

    static async Task<int> SendAsync(Job job, Target target, CommandLine line, Streams streams, CancellationToken stop)
    {
        var name = new ImportName(target.Shop.Shop_, line.Value("--import-id") ?? job.File.ImportId(job.Reading), $"{job.File.Name} ({job.File.Fingerprint(job.Reading)})", !line.Has("--live"));
        var screen = new Screen(streams, toError: line.Has("--json"));
        var progress = ImportProgress.For(streams.Error, line.Has("--progress"));
        var (started, events) = (Stopwatch.GetTimestamp(), 0L);
        if (progress is null) screen.Line(job.What + " ...");
        var import = await new ImportStream(target.Ingestion, name).SendAsync(job.Source, sent =>
        {
            events += sent.Chunk.Events.Count;
            progress?.Report(sent);
        }, stop);
        var result = job.Result(import, events, Stopwatch.GetElapsedTime(started));
        if (target.Gateway is { } gateway) await screen.ProgressAsync("Every service catches up", done => new CatchUp(gateway, target.Shop.Shop_).WaitAsync(done, stop));
        await PrintAsync(result, target, line.Has("--json"), streams, screen);
        return result.HasRefused ? 1 : 0;
    }

    static ImportResult EventResult(EventSource source, ImportState import, long events, TimeSpan elapsed)
    {
        var headline = string.Create(CultureInfo.InvariantCulture, $"Imported: events {import.RecordedCount + import.DuplicateCount:N0}. Refused rows: {import.Facts.GetValueOrDefault(RowFacts.RowsRefused) + import.RefusedCount:N0}.");
        List<string> notes = [.. import.Refusals.Select(r => $"event '{r.MessageId}' was refused: {string.Join("; ", r.Violations.Select(v => $"{v.Field} {v.Description}"))}")];
        if (import.RefusedCount > import.Refusals.Count) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{import.RefusedCount - import.Refusals.Count:N0} more events were refused and are not named"));
        return new ImportResult(headline, import, [.. source.Refused], notes, events, elapsed);
    }

    static async Task PrintAsync(ImportResult result, Target target, bool asJson, Streams streams, Screen screen)
    {
        foreach (var refused in result.Refused) await streams.Error.WriteLineAsync(refused.ToString());
        foreach (var note in result.Notes) await streams.Error.WriteLineAsync(note);
        if (asJson) await streams.Out.WriteLineAsync(result.ToJson(target.NewKey));
        else screen.Line(result.ToText());
        if (target.NewKey is { } key && !asJson) screen.Line($"Shop '{target.Shop.Shop_}' is new ({target.Shop.TimeZone}, {target.Shop.CurrencyCode}). API key, shown this once: {key}");
    }

    static TimeZoneInfo FindZone(string name)
        => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : throw new UsageException($"--time-zone '{name}' is not a time zone; write an IANA name such as Europe/London.");

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex ImportId();
}
