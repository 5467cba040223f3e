using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Import;

/// <summary>What a row of quantity below 0 means in an order that is no refund.</summary>
internal enum NegativeQuantity
{
    /// <summary>It lowers the total of its order.</summary>
    Reduce,
    /// <summary>It is a refund of its own, of that order.</summary>
    Refund,
}

/// <summary>How times are written.</summary>
/// <param name="Format">In .NET's notation; null for the ISO forms.</param>
/// <param name="Zone">IANA zone of times without an offset; null for the shop's.</param>
internal sealed record TimeMapping(string? Format = null, string? Zone = null);

/// <summary>Rows to be counted under a name: those whose value in one column is, or starts with, one of some texts. Case does not matter.</summary>
/// <param name="Field">The column by what it holds, as in <see cref="ImportMapping.Columns"/>.</param>
/// <param name="Column">The column by its name in the file.</param>
internal sealed record FactRule(string? Field = null, string? Column = null, IReadOnlyList<string>? Is = null, IReadOnlyList<string>? StartsWith = null);

/// <summary>
/// What a CSV file means, as a mapping file says it (docs/IMPORTING.md): which column is what, what goes for every row, and which rows
/// are counted or left out under which name.
/// </summary>
internal sealed partial record ImportMapping
{
    static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Headers that this mapping is chosen for where none is named: any that has all the columns of one of these lists.</summary>
    public IReadOnlyList<IReadOnlyList<string>> RecognizedBy { get; init; } = [];

    /// <summary>By field, the name of its column.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>By field, the value of every row where the file has no column for it.</summary>
    public IReadOnlyDictionary<string, string> Constants { get; init; } = new Dictionary<string, string>();

    public TimeMapping Time { get; init; } = new();

    /// <summary>Orders whose id starts with it are refunds that name no order; null for none.</summary>
    public string? RefundPrefix { get; init; }

    public NegativeQuantity NegativeQuantity { get; init; }

    /// <summary>By name, rows to be counted.</summary>
    public IReadOnlyDictionary<string, FactRule> Facts { get; init; } = new Dictionary<string, FactRule>();

    /// <summary>Names of facts, own or built in, whose rows are not imported.</summary>
    public IReadOnlyList<string> LeaveOut { get; init; } = [];

    static ImportMapping[] BuiltIn { get; } = [.. typeof(ImportMapping).Assembly.GetManifestResourceNames()
        .Where(name => name.Contains(".Mappings.", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(ReadResource)];

    /// <exception cref="StartException">When the file cannot be read or is no mapping.</exception>
    public static ImportMapping Load(string path)
    {
        try
        {
            var mapping = Parse(File.ReadAllBytes(path));
            return mapping.Fault() is { } fault ? throw new StartException($"mapping file '{path}': {fault}") : mapping;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new StartException($"mapping file '{path}': {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>The one built in for such a header, or one that says nothing.</summary>
    public static ImportMapping For(IReadOnlyList<string> header)
        => BuiltIn.FirstOrDefault(mapping => mapping.RecognizedBy.Any(columns => columns.All(c => header.Contains(c, StringComparer.OrdinalIgnoreCase)))) ?? new ImportMapping();

    /// <summary>As text that is the same for mappings of the same meaning.</summary>
    public string ToText() => JsonSerializer.Serialize(this, Json);

    static ImportMapping ReadResource(string name)
    {
        using var stream = typeof(ImportMapping).Assembly.GetManifestResourceStream(name)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return Parse(content.ToArray());
    }

    static ImportMapping Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<ImportMapping>(json, Json) ?? throw new JsonException("is empty; write a JSON object.");

    string? Fault()
    {
        foreach (var name in Columns.Keys.Concat(Constants.Keys).Concat(Facts.Values.Select(f => f.Field).OfType<string>()))
        {
            if (!ColumnMap.IsField(name)) return $"there is no field '{name}'; fields are {ColumnMap.FieldNames}.";
        }
        foreach (var (name, rule) in Facts)
        {
            if (!FactShape().IsMatch(name)) return $"fact '{name}' must be named by 1 to 63 characters a-z, 0-9 and underscores, starting with a letter.";
            if (RowFacts.BuiltIn.Contains(name)) return $"fact '{name}' is counted anyway; choose another name.";
            if (rule.Field is null == rule.Column is null) return $"fact '{name}' needs either a field or a column.";
            if (rule.Is is not { Count: > 0 } && rule.StartsWith is not { Count: > 0 }) return $"fact '{name}' needs texts, as \"is\" or as \"starts_with\".";
        }
        var unknown = LeaveOut.FirstOrDefault(name => !Facts.ContainsKey(name) && !RowFacts.OfRows.Contains(name));
        return unknown is null ? null : $"leave_out names '{unknown}', which is no fact of rows; there are {string.Join(", ", RowFacts.OfRows.Order(StringComparer.Ordinal).Concat(Facts.Keys))}.";
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,62}\z")]
    private static partial Regex FactShape();
}
