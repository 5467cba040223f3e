using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>
/// What is left of an audience to decide of a customer once it is known which of its other parts hold of them: what is predicted. As <see cref="Audience.Holds(AudienceCustomer, DateOnly)"/> decides,
/// without their history.
/// </summary>
internal sealed class AudienceRest
{
    /// <summary>Parts at most.</summary>
    public const int BitsMax = 30;

    readonly Audience _rest;
    readonly (int Bit, AudienceField Field)[] _asked;
    readonly FieldValue[] _values;
    readonly Predictor _predictor;
    readonly int _today;

    /// <param name="told">The parts that are known.</param>
    /// <param name="today">Day number.</param>
    public AudienceRest(Clause clause, Clause.Leaf[] told, Predictor predictor, int today)
    {
        var flags = told.Select((_, i) => new AudienceField($"{i}", FieldSource.Identified, FieldType.Flag)).ToArray();
        _rest = new Audience(Replaced(clause, leaf => new Clause.Compared(flags[Array.IndexOf(told, leaf)], Comparison.Equal, FieldValue.Of((bool?)true))));
        _asked = [.. _rest.Fields.Select(f => (Array.IndexOf(flags, f), f))];
        _values = new FieldValue[_asked.Length];
        (_predictor, _today) = (predictor, today);
        AsksForMoney = clause.Fields.Any(f => f.Source == FieldSource.PredictedClv);
    }

    /// <summary>Otherwise what orders came to makes no difference.</summary>
    public bool AsksForMoney { get; }

    /// <summary>By one thread at a time.</summary>
    /// <param name="buyer">Null without an order.</param>
    /// <param name="bits">Of the parts that are known, in their order, from the lowest: whether each holds.</param>
    public bool Holds(BuyerFigures? buyer, int bits)
    {
        var prediction = buyer is { } figures ? _predictor.Of(figures) : null;
        for (var i = 0; i < _asked.Length; i++)
        {
            var (bit, field) = _asked[i];
            _values[i] = bit >= 0 ? FieldValue.Of((bool?)((bits >> bit & 1) != 0)) : prediction is null ? default : PredictionSteps.ValueOf(prediction, field.Source, _today);
        }
        return _rest.Holds(_values);
    }

    static Clause Replaced(Clause clause, Func<Clause.Leaf, Clause> known) => clause switch
    {
        Clause.And and => new Clause.And(Replaced(and.Left, known), Replaced(and.Right, known)),
        Clause.Or or => new Clause.Or(Replaced(or.Left, known), Replaced(or.Right, known)),
        Clause.Not not => new Clause.Not(Replaced(not.Operand, known)),
        Clause.Leaf { Field.IsPredicted: false } leaf => known(leaf),
        _ => clause,
    };
}
