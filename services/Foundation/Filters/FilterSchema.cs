namespace Perennial.Foundation.Filters;

public enum FilterType
{
    /// <summary>May be looked for with wildcards.</summary>
    Text,
    /// <summary>One of a few words.</summary>
    Id,
    Number,
    /// <summary>A whole number.</summary>
    Integer,
    Flag,
    /// <summary>An instant, RFC 3339 with its offset.</summary>
    Instant,
    /// <summary>A calendar date.</summary>
    Date,
    /// <summary>Seconds, for example 1.5s.</summary>
    Duration,
    /// <summary>As the value that it is compared with: what is quoted is a text, and of what is not, numbers are numbers, and true and false flags.</summary>
    Any,
}

/// <summary>What filters may ask for.</summary>
/// <param name="Name">With the dots that it is written with.</param>
/// <param name="IsMap">It has values under keys of which nobody knows all: name.key, of this type each.</param>
public sealed record FilterField(string Name, FilterType Type, bool IsMap = false)
{
    /// <summary>Of <see cref="FilterType.Id"/>: which there are.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];
}

/// <summary>All that filters of one kind may ask for.</summary>
/// <param name="family">Finds by its name one of those that are too many to list; null where it is none of them.</param>
public sealed class FilterSchema(IEnumerable<FilterField> fields, Func<string, FilterField?>? family = null)
{
    readonly Dictionary<string, FilterField> _fields = fields.ToDictionary(f => f.Name, StringComparer.Ordinal);

    public IReadOnlyCollection<FilterField> Fields => _fields.Values;

    /// <summary>The field that a path names, and of a map the key; an empty one names the map itself. Null where there is none.</summary>
    internal (FilterField Field, string Key)? Find(FilterPath path)
    {
        if ((_fields.GetValueOrDefault(path.Name) ?? family?.Invoke(path.Name)) is { } field) return (field, "");
        return path.Words.Count > 1 && _fields.GetValueOrDefault(path.Words[0].Text) is { IsMap: true } map ? (map, path.Name[(map.Name.Length + 1)..]) : null;
    }
}
