using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>What customers of a shop are held against.</summary>
/// <param name="Models">Those that are active, by id.</param>
internal sealed record AudienceMeasures(IReadOnlyDictionary<string, BoundModel> Models, Population? Population, OverlayMeasures Overlays, TimeZoneInfo Zone)
{
    /// <summary>Null where nothing is predicted, or nobody asks.</summary>
    public Predictor? Predictor { get; init; }
}

/// <summary>A customer at an instant as audiences see them, apart from what the date makes of it.</summary>
internal sealed class AudienceCustomer
{
    readonly History _history;
    readonly Standing _standing;
    readonly bool _identified;
    readonly AudienceMeasures _measures;
    OverlayFacts? _facts;
    (Prediction? Known, bool IsKnown) _prediction;

    AudienceCustomer(History history, Standing standing, bool identified, AudienceMeasures measures) => (_history, _standing, _identified, _measures) = (history, standing, identified, measures);

    /// <summary>Null before the customer was first seen, and after the end: nobody is in any audience then.</summary>
    public static AudienceCustomer? At(History history, DateTimeOffset instant, bool identified, AudienceMeasures measures)
        => Standing.At(history, instant, measures.Zone) is { } standing ? new AudienceCustomer(history, standing, identified, measures) : null;

    // Costs a walk over the orders, which most audiences do not ask for.
    OverlayFacts Facts => _facts ??= OverlayFacts.At(_history, _standing.Instant, _measures.Zone)!;

    // Costs a fold of the orders, likewise.
    Prediction? Prediction => (_prediction = _prediction.IsKnown ? _prediction : (Predicted(), true)).Known;

    Prediction? Predicted()
        => _measures.Predictor?.Of(Buyer.Of([.. _history.Facts.Where(f => f.Time <= _standing.Instant)], _history.Currency, _measures.Zone).Orders);

    /// <summary>No value where the shop lacks what the field is held against, too.</summary>
    /// <param name="today">On or after the date of the instant, which nothing but the clock has passed since.</param>
    public FieldValue Value(AudienceField field, DateOnly today) => field.Source switch
    {
        FieldSource.Stage => FieldValue.Of(_measures.Models.GetValueOrDefault(field.Key)?.Place(_standing, today).Stage.Id),
        FieldSource.Feature when IsMeasured(field.Axis) => FieldValue.Of(_standing.Value(field.Axis, today, _measures.Population) is { } steps ? field.Axis.Traits.Value(steps) : (decimal?)null),
        FieldSource.Feature => default,
        FieldSource.Overlay => FieldValue.Of(Overlays.Holds(field.Overlay, Facts, _measures.Overlays, today)),
        FieldSource.FirstSeenTime => FieldValue.Of(_history.FirstSeen),
        FieldSource.FirstOrderTime => FieldValue.Of(FirstOrder?.Time),
        FieldSource.LastOrderTime => FieldValue.Of(_standing.Purchases.LastOrder?.Time),
        FieldSource.Identified => FieldValue.Of((bool?)_identified),
        FieldSource.HistoricClv => FieldValue.Of(_standing.Purchases.Value),
        _ when field.IsPredicted => Prediction is { } prediction ? PredictionSteps.ValueOf(prediction, field.Source, today.DayNumber) : default,
        FieldSource.Trait => _history.Traits.At(field.Key, _standing.Instant),
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Source, "No such source."),
    };

    /// <summary>The first date after <paramref name="date"/> on which the clock alone may change what a rule makes of the value; null where there is none.</summary>
    /// <param name="starts">Of a feature or a prediction, in steps: where a comparison with it begins or ends to hold.</param>
    /// <param name="last">What comes after it may be left out.</param>
    public DateOnly? NextTurn(AudienceField field, IReadOnlyList<long> starts, DateOnly date, DateOnly last) => field.Source switch
    {
        FieldSource.Stage => _measures.Models.GetValueOrDefault(field.Key)?.NextByClock(_standing, date, _measures.Zone)?.Date,
        FieldSource.Feature when IsMeasured(field.Axis) => FirstTurn(field.Axis, starts, date),
        FieldSource.Overlay => Overlays.Until(field.Overlay, Facts, _measures.Overlays, date),
        _ when field.IsPredicted => FirstTurn(field.Source, starts, date.DayNumber, Math.Min(last.DayNumber, Standing.LastDay)),
        _ => null,
    };

    /// <summary>
    /// Of a prediction. Between two events it only falls, or only rises, until it is withheld: the first day on the other side of a start is found by halving, and
    /// none is left out between.
    /// </summary>
    DateOnly? FirstTurn(FieldSource source, IReadOnlyList<long> starts, int day, int last)
    {
        if (Prediction is not { } prediction || PredictionSteps.Of(prediction, source, day) is not { } present) return null;
        var withheld = prediction.WithheldFrom ?? int.MaxValue;
        var (stays, turn) = (day, Math.Min(withheld - 1, last));
        if (turn > day && IsElsewhere(turn))
        {
            while (turn - stays > 1)
            {
                var middle = stays + (turn - stays) / 2;
                if (IsElsewhere(middle)) turn = middle;
                else stays = middle;
            }
            return DateOnly.FromDayNumber(turn);
        }
        return withheld <= last ? DateOnly.FromDayNumber(withheld) : null;

        bool IsElsewhere(int other)
        {
            var steps = PredictionSteps.Of(prediction, source, other);
            return starts.Any(s => present >= s != steps >= s);
        }
    }

    DateOnly? FirstTurn(Axis axis, IReadOnlyList<long> starts, DateOnly date)
    {
        var turns = new List<DateOnly>();
        _standing.AddTurns(turns, axis, starts, date, _measures.Population);
        return turns.Count == 0 ? null : turns.Min();
    }

    bool IsMeasured(Axis axis) => axis.Traits.Needs == PopulationPart.None || _measures.Population?.Has(axis.Traits.Needs) == true;

    Order? FirstOrder => _history.Purchases.FirstOrderAt(_standing.Instant);
}
