namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>
/// A saved audience together with what customers are held against: all that membership depends on beside the customer. Membership is kept as a model's stages are, in a
/// model of two: inside, and outside.
/// </summary>
internal sealed class BoundAudience
{
    /// <summary>The place of <see cref="In"/> in the model.</summary>
    public const int Inside = 0;

    // No model's: their ids hold no slash.
    const string Prefix = "audience/";

    public static readonly Stage In = new("in", "", "", "", []);

    static readonly Stage Out = new("out", "", "", "", [], Otherwise: true);
    static readonly LifecycleModel InOrOut = new("", "", "", [In, Out]);

    readonly Audience _audience;
    readonly AudienceMeasures _measures;

    /// <param name="number">Of its derivation.</param>
    public BoundAudience(string id, int number, Audience audience, AudienceMeasures measures)
    {
        (Model, _audience, _measures) = (new BoundModel(ModelOf(id), number, InOrOut), audience, measures);
        Sources = audience.Fields.Aggregate(Sources.Purchases, (sources, field) => sources | SourcesOf(field));
    }

    public BoundModel Model { get; }

    /// <summary>What of a history it reads.</summary>
    public Sources Sources { get; }

    /// <summary>What its derivations are named.</summary>
    public static string ModelOf(string audience) => Prefix + audience;

    /// <summary>Null where it is a model's own derivation.</summary>
    public static string? IdOf(string model) => model.StartsWith(Prefix, StringComparison.Ordinal) ? model[Prefix.Length..] : null;

    /// <summary>Inside and outside over all time, from first seen to the end, what the clock alone will bring included.</summary>
    public IReadOnlyList<StageInterval> TimelineOf(History history, bool identified)
        => StageTimeline.Of(history, Sources, (change, until, starts) => AddStays(starts, AudienceCustomer.At(history, change, identified, _measures)!, change, until));

    void AddStays(StageStarts starts, AudienceCustomer customer, DateTimeOffset change, DateTimeOffset until)
    {
        var (today, last) = (Calendar.DateOf(change, _measures.Zone), until < Calendar.Forever ? Calendar.DateOf(until, _measures.Zone) : DateOnly.MaxValue);
        starts.Add(change, _audience.Holds(customer, today) ? In : Out);
        while (_audience.NextByClock(customer, today, _measures.Zone, last) is { } next && next.Time < until)
        {
            starts.Add(next.Time, next.Enters ? In : Out);
            today = next.Date;
        }
    }

    Sources SourcesOf(AudienceField field) => field.Source switch
    {
        FieldSource.Stage => _measures.Models.GetValueOrDefault(field.Key)?.Sources ?? Sources.Purchases,
        FieldSource.Feature => field.Axis.Traits.Sources,
        FieldSource.Overlay => Sources.Purchases | Sources.Activities,
        FieldSource.Trait => Sources.Traits,
        _ => Sources.Purchases,
    };
}
