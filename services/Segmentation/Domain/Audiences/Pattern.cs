namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>A text in which every star stands for any characters, none too.</summary>
internal sealed record Pattern(string Text)
{
    readonly string[] _parts = Text.Split('*');

    /// <summary>Greedy: of every part but the last, the first place that fits leaves the most for the rest.</summary>
    public bool Matches(string text)
    {
        if (_parts is [var whole]) return text == whole;
        var rest = text.AsSpan();
        if (!rest.StartsWith(_parts[0], StringComparison.Ordinal)) return false;
        rest = rest[_parts[0].Length..];
        foreach (var part in _parts.AsSpan()[1..^1])
        {
            var place = rest.IndexOf(part, StringComparison.Ordinal);
            if (place < 0) return false;
            rest = rest[(place + part.Length)..];
        }
        return rest.EndsWith(_parts[^1], StringComparison.Ordinal);
    }

    public bool Equals(Pattern? other) => other?.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
