using System.Text;

namespace Perennial.Foundation.Filters;

/// <summary>A text from left to right, in the words of the grammar.</summary>
sealed class FilterScanner(string text)
{
    const string Special = "()<>=!:,\"'";

    int _place;

    /// <summary>From 1.</summary>
    public int Position => _place + 1;

    public bool IsAtEnd => _place == text.Length;

    public char? Next => IsAtEnd ? null : text[_place];

    public void SkipSpace()
    {
        while (Next is { } c && char.IsWhiteSpace(c)) _place++;
    }

    public bool Take(char c)
    {
        if (Next != c) return false;
        _place++;
        return true;
    }

    /// <summary>A word that stands alone and is written so.</summary>
    public bool IsAt(string keyword)
        => string.CompareOrdinal(text, _place, keyword, 0, keyword.Length) == 0 && (_place + keyword.Length == text.Length || !IsOfName(text[_place + keyword.Length]) && text[_place + keyword.Length] != '.');

    public bool Take(string keyword)
    {
        if (!IsAt(keyword)) return false;
        _place += keyword.Length;
        return true;
    }

    public FilterOperator? TakeOperator()
    {
        foreach (var (sign, comparison) in FilterOperators.All)
        {
            if (string.CompareOrdinal(text, _place, sign, 0, sign.Length) != 0) continue;
            _place += sign.Length;
            return comparison;
        }
        return null;
    }

    /// <summary>A name between dots. Null where none begins.</summary>
    public FilterWord? TakeName() => TakeQuoted() ?? TakeWhile(_ => IsOfName(text[_place]));

    /// <summary>A value: points belong to it, as does a sign, and the colons of a time. Null where none begins.</summary>
    public FilterWord? TakeValue() => TakeQuoted() ?? TakeWhile(start => IsOfName(text[_place]) || text[_place] == '.' || text[_place] == ':' && IsTime(text.AsSpan(start, _place - start)));

    FilterWord? TakeWhile(Func<int, bool> isOfIt)
    {
        var start = _place;
        while (!IsAtEnd && isOfIt(start)) _place++;
        return start == _place ? null : new FilterWord(text[start.._place], false, start + 1);
    }

    FilterWord? TakeQuoted()
    {
        if (Next is not ('"' or '\'')) return null;
        var (start, mark) = (_place, text[_place]);
        var word = new StringBuilder();
        for (_place++; !IsAtEnd; _place++)
        {
            var c = text[_place];
            if (c == mark)
            {
                _place++;
                return new FilterWord(word.ToString(), true, start + 1);
            }
            word.Append(c == '\\' ? Escaped() : c);
        }
        throw new FilterException(start + 1, $"the quotation that begins here does not end; close it with {mark}.");
    }

    char Escaped()
    {
        _place++;
        if (Next is '\\' or '"' or '\'') return text[_place];
        throw new FilterException(_place, "a backslash stands before another one or a quotation mark only; write \\\\ for itself.");
    }

    static bool IsOfName(char c) => c != '.' && !char.IsWhiteSpace(c) && !char.IsControl(c) && !Special.Contains(c, StringComparison.Ordinal);

    // "2012-04-21T11" and what follows of it.
    static bool IsTime(ReadOnlySpan<char> start)
        => start.Length >= 13 && char.IsAsciiDigit(start[0]) && start[4] == '-' && start[7] == '-' && start[10] is 'T' or 't' && char.IsAsciiDigit(start[11]);
}
