using System.Globalization;
using Perennial.AllInOne.Running;

namespace Perennial.AllInOne.Demo;

/// <summary>What was asked of the demo.</summary>
/// <param name="Days">Whose ends the counts are for: the sample's last day, then those asked for, each once.</param>
/// <param name="Data">Folder to keep; null for a temporary one.</param>
internal sealed record DemoOptions(IReadOnlyList<DateOnly> Days, bool Exit, bool Json, string? Data, PlatformSettings Settings)
{
    static readonly Option[] Known = [.. PlatformOptions.Store, new("--data"), new("--as-of", Repeats: true), new("--exit", TakesValue: false), new("--json", TakesValue: false)];

    /// <exception cref="UsageException">When an option is unknown or a date is none.</exception>
    public static DemoOptions Parse(string[] args)
    {
        var line = CommandLine.Parse(args, Known);
        if (line.Words is [var word, ..]) throw new UsageException($"demo: '{word}' is not understood; --help lists what there is.");
        var days = line.Values("--as-of").Select(ParseDay).Prepend(DemoSample.LastDay).Distinct();
        var settings = PlatformOptions.Read(line) with { Port = 0, ChoosesPorts = true, Now = DemoSample.Now, LogsToStandardError = true };
        return new DemoOptions([.. days], line.Has("--exit"), line.Has("--json"), line.Value("--data"), settings);
    }

    // A day more is the end of the calendar.
    static DateOnly ParseDay(string text)
        => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day > DateOnly.MinValue && day < DateOnly.MaxValue.AddDays(-1)
            ? day
            : throw new UsageException($"--as-of '{text}' is not a date; write it like 2011-06-30.");
}
