using System.Globalization;

namespace Perennial.Load;

/// <summary>Values of options, with what is wrong with them in words.</summary>
static class Arguments
{
    public static TimeSpan Seconds(string name, string value) => TimeSpan.FromSeconds(Number(name, value.TrimEnd('s'), 1, 600));

    public static long Number(string name, string value, long min, long max)
        => long.TryParse(value.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new ArgumentException($"{name} takes {min} to {max}, not '{value}'");
}
