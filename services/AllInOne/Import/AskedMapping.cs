namespace Perennial.AllInOne.Import;

/// <summary>What the command line says of the mapping: it goes before any file's.</summary>
internal sealed class AskedMapping
{
    readonly CommandLine _line;

    /// <summary>Nothing said.</summary>
    public static AskedMapping None { get; } = new(CommandLine.Parse([]));

    /// <exception cref="UsageException">When a mapping is none, or two name the same.</exception>
    public AskedMapping(CommandLine line)
    {
        _line = line;
        var files = line.Values("--map").Where(IsFile).ToList();
        if (files.Count > 1) throw new UsageException($"--map names two files: {string.Join(", ", files.Select(f => $"'{f}'"))}.");
        if (files.Find(f => !System.IO.File.Exists(f)) is { } absent) throw new UsageException($"--map '{absent}' is neither COLUMN=FIELD nor a mapping file that is there.");
        File = files.Count == 1 ? ImportMapping.Load(files[0]) : null;
        Columns = [.. line.Values("--map").Where(text => !IsFile(text)).Select(ColumnMap.ParseMapping)];
        if (Columns.GroupBy(t => t.Field).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UsageException($"--map names two columns for {ColumnMap.NameOf(twice.Key)}: {string.Join(", ", twice.Select(t => $"'{t.Column}'"))}.");
    }

    /// <summary>Null where none is named.</summary>
    public ImportMapping? File { get; }

    public IReadOnlyList<(string Column, Field Field)> Columns { get; }

    /// <summary>The same for the same columns.</summary>
    public string ColumnsText => string.Join(';', Columns.Select(c => $"{c.Column}={c.Field}").Order(StringComparer.Ordinal));

    /// <summary>The mapping with what the command line says in its place.</summary>
    public ImportMapping Over(ImportMapping mapping) => mapping with
    {
        Time = new TimeMapping(_line.Value("--time-format") ?? mapping.Time.Format, _line.Value("--time-zone") ?? mapping.Time.Zone),
        RefundPrefix = _line.Value("--refund-prefix") ?? mapping.RefundPrefix,
        Constants = _line.Has("--currency") ? mapping.Constants.Where(c => c.Key != ColumnMap.NameOf(Field.Currency)).ToDictionary() : mapping.Constants,
    };

    static bool IsFile(string text) => !text.Contains('=', StringComparison.Ordinal) || System.IO.File.Exists(text);
}
