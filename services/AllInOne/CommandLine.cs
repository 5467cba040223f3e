namespace Perennial.AllInOne;

/// <summary>A command was called wrongly. The message is one line that says what to write.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>An option of a command.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="TakesValue">False for a flag.</param>
/// <param name="Repeats">May be given more than once.</param>
internal sealed record Option(string Name, bool TakesValue = true, bool Repeats = false);

/// <summary>What a person wrote after a command: words, and options as <c>--name value</c> or <c>--name=value</c>.</summary>
internal sealed class CommandLine
{
    readonly Dictionary<string, List<string>> _given = new(StringComparer.Ordinal);
    readonly List<string> _words = [];

    /// <exception cref="UsageException">For an unknown or repeated option, or one without its value.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args, params IEnumerable<Option> known)
    {
        var options = known.ToDictionary(o => o.Name, StringComparer.Ordinal);
        var line = new CommandLine();
        for (var i = 0; i < args.Count; i++)
        {
            // Alone it stands for standard input.
            if (!args[i].StartsWith('-') || args[i] == "-")
            {
                line._words.Add(args[i]);
                continue;
            }
            var (name, value) = Split(args[i]);
            if (!options.TryGetValue(name, out var option)) throw new UsageException($"unknown option '{name}'; --help lists what there is.");
            if (option.TakesValue) value ??= i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i] : throw new UsageException($"{name} needs a value after it.");
            else if (value is not null) throw new UsageException($"{name} takes no value.");
            line.Add(option, value ?? "");
        }
        return line;
    }

    public IReadOnlyList<string> Words => _words;
    public bool Has(string name) => _given.ContainsKey(name);
    public string? Value(string name) => _given.TryGetValue(name, out var values) ? values[^1] : null;
    public IReadOnlyList<string> Values(string name) => _given.TryGetValue(name, out var values) ? values : [];

    void Add(Option option, string value)
    {
        if (!_given.TryAdd(option.Name, [value]))
        {
            if (!option.Repeats) throw new UsageException($"{option.Name} is given twice.");
            _given[option.Name].Add(value);
        }
    }

    static (string Name, string? Value) Split(string arg)
    {
        var equals = arg.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (arg, null) : (arg[..equals], arg[(equals + 1)..]);
    }
}
