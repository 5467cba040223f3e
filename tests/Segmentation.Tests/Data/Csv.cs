using System.Text.RegularExpressions;

namespace Perennial.Segmentation.Tests.Data;

/// <summary>Just enough CSV for files that we know: a header, a record per line, quotes where a comma is meant.</summary>
static partial class Csv
{
    public static IEnumerable<Dictionary<string, string>> Rows(IEnumerable<string> lines)
    {
        string[]? header = null;
        foreach (var line in lines)
        {
            var fields = Field().Matches(line).Select(m => m.Groups["quoted"].Success ? m.Groups["quoted"].Value.Replace("\"\"", "\"", StringComparison.Ordinal) : m.Groups["plain"].Value).ToArray();
            if (header is null) header = fields;
            else yield return header.Zip(fields).ToDictionary(f => f.First, f => f.Second);
        }
    }

    [GeneratedRegex("""(?:^|,)(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^,]*))""")]
    private static partial Regex Field();
}
