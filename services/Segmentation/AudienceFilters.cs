using Perennial.Foundation.Filters;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using FieldType = Perennial.Segmentation.Domain.Audiences.FieldType;

namespace Perennial.Segmentation;

/// <summary>Filters as callers write them, in the words of the domain: where the grammar of all houses meets the fields of this one.</summary>
internal sealed class AudienceFilters
{
    readonly Dictionary<string, AudienceField> _fields;
    readonly FilterSchema _schema;

    /// <param name="models">By id those whose stages may be asked for.</param>
    public AudienceFilters(IReadOnlyDictionary<string, LifecycleModel> models)
    {
        _fields = models.Keys.SelectMany(AudienceFields.OfModel).Concat(AudienceFields.Common).ToDictionary(f => f.Name, StringComparer.Ordinal);
        _schema = new FilterSchema(
            _fields.Values.Select(f => ToField(f, models)).Append(new FilterField(AudienceFields.Traits, FilterType.Any, IsMap: true)),
            name => AudienceFields.OfWindow(name) is { } window ? ToField(window, models) : null);
    }

    /// <exception cref="FilterException">The text is no filter, or asks for what there is not.</exception>
    public Audience Read(string filter) => new(ToClause(Filter.Parse(filter).Check(_schema)));

    /// <summary>The same filter in the one spelling that all of its spellings have in common.</summary>
    /// <exception cref="FilterException">The text is no filter.</exception>
    public static string Canonical(string filter) => Filter.Parse(filter).ToString();

    static FilterField ToField(AudienceField field, IReadOnlyDictionary<string, LifecycleModel> models) => field.Type switch
    {
        FieldType.Id => new(field.Name, FilterType.Id) { Ids = [.. models[field.Key].Stages.Select(s => s.Id)] },
        FieldType.Number => new(field.Name, FilterType.Number),
        FieldType.Whole => new(field.Name, FilterType.Integer),
        FieldType.Flag => new(field.Name, FilterType.Flag),
        FieldType.Instant => new(field.Name, FilterType.Instant),
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Type, "Only traits are of any type."),
    };

    Clause ToClause(CheckedFilter filter) => filter switch
    {
        CheckedFilter.And and => new Clause.And(ToClause(and.Left), ToClause(and.Right)),
        CheckedFilter.Or or => new Clause.Or(ToClause(or.Left), ToClause(or.Right)),
        CheckedFilter.Not not => new Clause.Not(ToClause(not.Operand)),
        CheckedFilter.Presence presence => new Clause.Present(Field(presence.Field, presence.Key)),
        CheckedFilter.Comparison { Value: FilterValue.Pattern pattern } like => new Clause.Like(Field(like.Field, like.Key), new Pattern(pattern.Value), like.Operator == FilterOperator.NotEqual),
        CheckedFilter.Comparison compared => new Clause.Compared(Field(compared.Field, compared.Key), ToComparison(compared.Operator), ToValue(compared.Value)),
        _ => new Clause.Everybody(),
    };

    AudienceField Field(FilterField field, string key)
        => field.IsMap ? AudienceFields.OfTrait(key) : _fields.GetValueOrDefault(field.Name) ?? AudienceFields.OfWindow(field.Name)!;

    static Comparison ToComparison(FilterOperator comparison) => comparison switch
    {
        FilterOperator.Equal => Comparison.Equal,
        FilterOperator.NotEqual => Comparison.NotEqual,
        FilterOperator.Less => Comparison.Less,
        FilterOperator.AtMost => Comparison.AtMost,
        FilterOperator.Greater => Comparison.Greater,
        FilterOperator.AtLeast => Comparison.AtLeast,
        _ => throw new ArgumentOutOfRangeException(nameof(comparison), comparison, "A checked filter has none of it."),
    };

    static FieldValue ToValue(FilterValue value) => value switch
    {
        FilterValue.Text text => FieldValue.Of(text.Value),
        FilterValue.Number number => FieldValue.Of(number.Value),
        FilterValue.Flag flag => FieldValue.Of(flag.Value),
        FilterValue.Instant instant => FieldValue.Of(instant.Value),
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "No field of audiences is of such a type."),
    };
}
