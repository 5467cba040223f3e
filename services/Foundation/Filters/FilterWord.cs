namespace Perennial.Foundation.Filters;

/// <summary>A name or a value as it was written.</summary>
/// <param name="Text">Without quotation marks.</param>
/// <param name="Position">Where it begins, from 1. Words are alike wherever they stand.</param>
public sealed record FilterWord(string Text, bool IsQuoted, int Position = 0)
{
    public bool Equals(FilterWord? other) => other is not null && other.Text == Text && other.IsQuoted == IsQuoted;

    public override int GetHashCode() => HashCode.Combine(Text, IsQuoted);

    public override string ToString() => IsQuoted ? Quoted(Text) : Text;

    internal static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}

/// <summary>Names joined by dots, at least one.</summary>
public sealed record FilterPath(IReadOnlyList<FilterWord> Words)
{
    /// <summary>Without quotation marks.</summary>
    public string Name => string.Join('.', Words.Select(w => w.Text));

    public int Position => Words[0].Position;

    public bool Equals(FilterPath? other) => other is not null && Words.SequenceEqual(other.Words);

    public override int GetHashCode() => Words.Aggregate(0, HashCode.Combine);

    public override string ToString() => string.Join('.', Words);
}
