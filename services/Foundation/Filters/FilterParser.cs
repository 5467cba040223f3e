namespace Perennial.Foundation.Filters;

/// <summary>
/// The grammar of AIP-160 by recursive descent, a method for each of its rules. OR binds tighter than AND; what stands side by side is joined by AND. Functions are read as such and
/// refused: there are none.
/// </summary>
sealed class FilterParser(string text)
{
    const string AndWord = "AND", OrWord = "OR", NotWord = "NOT";

    readonly FilterScanner _scanner = new(text);
    int _depth;

    public Filter Parse()
    {
        if (text.Length > Filter.LengthMax) throw new FilterException(Filter.LengthMax + 1, $"a filter has at most {Filter.LengthMax} characters; say it in fewer.");
        _scanner.SkipSpace();
        if (_scanner.IsAtEnd) return new Filter.Everything();
        var filter = Expression();
        return _scanner.IsAtEnd ? filter : throw new FilterException(_scanner.Position, $"unexpected {Found}; {Instead}.");
    }

    string Instead => _scanner.Next switch
    {
        ')' => "no bracket is open here: leave it out",
        '!' => "write != or NOT",
        _ => "join restrictions by AND or OR",
    };

    Filter Expression()
    {
        var left = Sequence();
        while (_scanner.Take(AndWord)) left = new Filter.And(left, Sequence());
        return left;
    }

    Filter Sequence()
    {
        var left = Factor();
        while (BeginsAnother) left = new Filter.And(left, Factor());
        return left;
    }

    bool BeginsAnother => _scanner.Next is { } c && !"),<>=!:.".Contains(c, StringComparison.Ordinal) && !_scanner.IsAt(AndWord);

    Filter Factor()
    {
        var left = Term();
        while (_scanner.Take(OrWord)) left = new Filter.Or(left, Term());
        return left;
    }

    Filter Term()
    {
        _scanner.SkipSpace();
        return _scanner.Take(NotWord) || _scanner.Take('-') ? new Filter.Not(Simple()) : Simple();
    }

    Filter Simple()
    {
        _scanner.SkipSpace();
        var simple = _scanner.Next == '(' ? Composite() : Restriction();
        _scanner.SkipSpace();
        return simple;
    }

    Filter Composite()
    {
        var opened = _scanner.Position;
        if (++_depth > Filter.DepthMax) throw new FilterException(opened, $"brackets are nested deeper than {Filter.DepthMax}; say it flatter.");
        _scanner.Take('(');
        var inner = Expression();
        if (!_scanner.Take(')')) throw new FilterException(_scanner.Position, $"expected ')', found {Found}; close the bracket that opens at position {opened}.");
        _depth--;
        return inner;
    }

    Filter.Restriction Restriction()
    {
        var path = Path();
        if (_scanner.Next == '(') throw new FilterException(path.Position, $"{FilterException.Quoted(path.Name)} is used as a function, and there are none; write field = value.");
        _scanner.SkipSpace();
        if (_scanner.TakeOperator() is not { } comparison) return new Filter.Restriction(path);
        _scanner.SkipSpace();
        return new Filter.Restriction(path, comparison, Argument(comparison));
    }

    FilterPath Path()
    {
        if (IsAtKeyword) throw Expected("a field");
        var words = new List<FilterWord>();
        do words.Add(_scanner.TakeName() ?? throw Expected(words.Count == 0 ? "a field" : "a name after '.'"));
        while (_scanner.Take('.'));
        return new FilterPath(words);
    }

    FilterArgument Argument(FilterOperator comparison)
    {
        if (_scanner.Next == '(') return new FilterArgument.Group(Composite());
        if (!IsAtKeyword && _scanner.TakeValue() is { } word) return new FilterArgument.Literal(word);
        throw new FilterException(_scanner.Position, $"expected a value after '{comparison.Sign()}', found {Found}; write a number, a word, \"a text\" or (one OR another).");
    }

    bool IsAtKeyword => _scanner.IsAt(AndWord) || _scanner.IsAt(OrWord) || _scanner.IsAt(NotWord);

    FilterException Expected(string what) => new(_scanner.Position, $"expected {what}, found {Found}; write field = value, joined by AND or OR.");

    string Found => _scanner.Next switch
    {
        null => "the end",
        _ when IsAtKeyword => _scanner.IsAt(AndWord) ? AndWord : _scanner.IsAt(OrWord) ? OrWord : NotWord,
        { } c when char.IsControl(c) || char.IsSurrogate(c) => "a character that no field has",
        { } c => $"'{c}'",
    };
}
