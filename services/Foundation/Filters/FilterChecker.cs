namespace Perennial.Foundation.Filters;

/// <summary>Holds a filter against a schema.</summary>
sealed class FilterChecker(FilterSchema schema)
{
    public CheckedFilter Check(Filter filter) => filter switch
    {
        Filter.And and => new CheckedFilter.And(Check(and.Left), Check(and.Right)),
        Filter.Or or => new CheckedFilter.Or(Check(or.Left), Check(or.Right)),
        Filter.Not not => new CheckedFilter.Not(Check(not.Operand)),
        Filter.Restriction restriction => Check(restriction),
        _ => new CheckedFilter.Everything(),
    };

    CheckedFilter Check(Filter.Restriction restriction)
    {
        var path = restriction.Path;
        var (field, key) = schema.Find(path) ?? throw new FilterException(path.Position, $"there is no field {FilterException.Quoted(path.Name)}; fields are {Names}.");
        if (field.IsMap && key.Length == 0) return OfMap(restriction, field);
        if (restriction is not { Operator: { } comparison, Argument: { } argument }) return Alone(path, field, key);
        return argument switch
        {
            FilterArgument.Group group => Distributed(group.Values, path, field, key, comparison),
            FilterArgument.Literal literal => Compared(literal.Word, path, field, key, comparison),
            _ => throw new ArgumentOutOfRangeException(nameof(restriction)),
        };
    }

    string Names => string.Join(", ", schema.Fields.Select(f => f.IsMap ? f.Name + ".{key}" : f.Name));

    /// <summary>map:key asks whether there is one.</summary>
    static CheckedFilter.Presence OfMap(Filter.Restriction restriction, FilterField map) => restriction is { Operator: FilterOperator.Has, Argument: FilterArgument.Literal { Word: { } key } }
        ? new CheckedFilter.Presence(map, key.Text)
        : throw new FilterException(restriction.Path.Position, $"'{map.Name}' has values under keys; write {map.Name}.key = value, or {map.Name}:key.");

    static CheckedFilter.Comparison Alone(FilterPath path, FilterField field, string key) => field.Type == FilterType.Flag
        ? new CheckedFilter.Comparison(field, key, FilterOperator.Equal, new FilterValue.Flag(true))
        : throw new FilterException(path.Position, $"{FilterException.Quoted(path.Name)} stands alone, which only those that are true or false can; compare it with something, or ask by :* whether there is a value.");

    /// <summary>a = (b OR c) is a = b OR a = c.</summary>
    static CheckedFilter Distributed(Filter values, FilterPath path, FilterField field, string key, FilterOperator comparison)
    {
        if (comparison is not (FilterOperator.Equal or FilterOperator.Has)) throw new FilterException(path.Position, $"several values can follow = and : only; write NOT {field.Name} = (...), or a comparison for each.");
        return Of(values);

        CheckedFilter Of(Filter part) => part switch
        {
            Filter.And and => new CheckedFilter.And(Of(and.Left), Of(and.Right)),
            Filter.Or or => new CheckedFilter.Or(Of(or.Left), Of(or.Right)),
            Filter.Not not => new CheckedFilter.Not(Of(not.Operand)),
            Filter.Restriction { Operator: null, Path.Words: [var word] } => Compared(word, path, field, key, comparison),
            Filter.Restriction { Operator: null, Path: var value } when value.Words.All(w => !w.IsQuoted) => Compared(new FilterWord(value.Name, false, value.Position), path, field, key, comparison),
            Filter.Restriction restriction => throw new FilterException(restriction.Path.Position, $"only values stand within these brackets; write {field.Name} = (one OR another), and times in quotation marks."),
            _ => throw new ArgumentOutOfRangeException(nameof(values)),
        };
    }

    static CheckedFilter Compared(FilterWord word, FilterPath path, FilterField field, string key, FilterOperator comparison)
    {
        if (comparison == FilterOperator.Has)
        {
            if (word is { Text: "*", IsQuoted: false }) return new CheckedFilter.Presence(field, key);
            comparison = FilterOperator.Equal;
        }
        var value = FilterValues.Read(word, field);
        if (comparison is not (FilterOperator.Equal or FilterOperator.NotEqual) && Unordered(field, value) is { } what)
            throw new FilterException(word.Position, $"{what} is neither less nor greater than another; compare '{field.Name}' by =, != or :.");
        return new CheckedFilter.Comparison(field, key, comparison, value);
    }

    static string? Unordered(FilterField field, FilterValue value) => value switch
    {
        FilterValue.Text when field.Type == FilterType.Id => "an id",
        FilterValue.Pattern => "a text with a wildcard",
        FilterValue.Flag => "true or false",
        _ => null,
    };
}
