using System.Globalization;
using Dapper;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// An audience as a condition on rows of customers, exactly as <see cref="Audience.Holds(AudienceCustomer, DateOnly)"/> decides. Every part of it is true or false, never
/// unknown: what may be NULL is asked first. Values are parameters, and the same text serves both dialects.
/// </summary>
internal sealed class AudienceSql
{
    const string True = "1 = 1", False = "1 = 0";
    const decimal StepsMax = 9_000_000_000_000_000_000;

    readonly AudienceMeasures _measures;
    readonly int _today;
    readonly IReadOnlyDictionary<string, int> _derivations;
    readonly string _prefix;
    readonly List<string> _models = [];

    // Rows whose columns do not say it: they are read from their records.
    readonly List<string> _unsaid = [];

    // Each once: the condition and what decides ask the same.
    readonly Dictionary<Clause.Leaf, string> _leaves = [];

    // Whether a part is wanted where it does not hold.
    bool _isNegated;

    AudienceSql(AudienceMeasures measures, DateOnly today, IReadOnlyDictionary<string, int> derivations, string prefix) => (_measures, _today, _derivations, _prefix) = (measures, today.DayNumber, derivations, prefix);

    public DynamicParameters Parameters { get; } = new();

    /// <summary>On a customer c of the shop @shop, and on memberships m0, m1 and so on. Who may be in it, where something is left to decide.</summary>
    public string Condition { get; private set; } = False;

    /// <summary>True where the columns of the row are those of the instant @asOf.</summary>
    public string Fresh { get; private set; } = False;

    /// <summary>What is predicted of whom the condition holds of; null where it asks for no prediction, and the condition says all.</summary>
    public AudienceRest? Rest { get; private set; }

    /// <summary>Which of the parts that columns tell hold, as <see cref="AudienceRest.Holds"/> takes them.</summary>
    public string Bits { get; private set; } = "0";

    /// <summary>How many memberships it asks for.</summary>
    public int Stages => _models.Count;

    /// <summary>Joins the memberships: m0, m1 and so on, each with a parameter for its derivation.</summary>
    public IEnumerable<string> Joins => Enumerable.Range(0, Stages).Select(i => string.Create(CultureInfo.InvariantCulture, $"m{i}.derivation = @d{i} AND m{i}.customer = c.id AND m{i}.customer BETWEEN @first AND @last"));

    /// <param name="derivations">Of the models that are active, by id.</param>
    /// <param name="prefix">Of the names of tables.</param>
    public static AudienceSql Of(Audience audience, AudienceMeasures measures, DateOnly today, IReadOnlyDictionary<string, int> derivations, string prefix)
    {
        var sql = new AudienceSql(measures, today, derivations, prefix);
        var condition = sql.Compiled(audience.Clause);
        if (measures.Predictor is not null && audience.Fields.Any(f => f.IsPredicted)) sql.LeaveOver(audience.Clause, condition);
        for (var i = 0; i < sql._models.Count; i++) sql.Parameters.Add(string.Create(CultureInfo.InvariantCulture, $"d{i}"), derivations[sql._models[i]]);
        sql.Condition = $"c.first_seen_time IS NOT NULL AND {condition}";
        sql.Fresh = string.Join(" AND ", ((string[])["c.from_time <= @asOf AND c.until_time > @asOf"]).Concat(sql._unsaid.Select(u => $"NOT ({u})")).Concat(Enumerable.Range(0, sql.Stages).Select(i => string.Create(CultureInfo.InvariantCulture, $"m{i}.since_time <= @asOf AND (m{i}.due_time IS NULL OR m{i}.due_time > @asOf)"))));
        return sql;
    }

    string Compiled(Clause clause) => clause switch
    {
        Clause.And and => $"({Compiled(and.Left)} AND {Compiled(and.Right)})",
        Clause.Or or => $"({Compiled(or.Left)} OR {Compiled(or.Right)})",
        Clause.Not not => Negated(not),
        // Of whom alone it may hold.
        Clause.Leaf { Field.IsPredicted: true } => _measures.Predictor is null || _isNegated ? $"({False})" : "(c.order_count > 0)",
        Clause.Leaf leaf => Once(leaf),
        _ => $"({True})",
    };

    string Negated(Clause.Not not)
    {
        _isNegated = !_isNegated;
        var operand = Compiled(not.Operand);
        _isNegated = !_isNegated;
        return $"(NOT {operand})";
    }

    string Once(Clause.Leaf leaf)
    {
        if (!_leaves.TryGetValue(leaf, out var compiled)) _leaves.Add(leaf, compiled = $"({Compiled(leaf)})");
        return compiled;
    }

    /// <summary>One bit for each leaf that columns tell, so that what is predicted can be weighed with it. A filter with more than an integer holds is read from records.</summary>
    void LeaveOver(Clause clause, string condition)
    {
        if (_leaves.Count > AudienceRest.BitsMax)
        {
            _unsaid.Add(condition);
            return;
        }
        var bits = _leaves.Values.Select((leaf, i) => string.Create(CultureInfo.InvariantCulture, $" + CASE WHEN {leaf} THEN {1 << i} ELSE 0 END"));
        Bits += string.Concat(bits);
        Rest = new AudienceRest(clause, [.. _leaves.Keys], _measures.Predictor!, _today);
    }

    string Compiled(Clause.Leaf leaf) => leaf.Field.Source switch
    {
        FieldSource.Stage => Stage(leaf),
        FieldSource.Feature when !IsMeasured(leaf.Field.Axis) => False,
        FieldSource.Feature => Number(leaf, leaf.Field.Axis.Traits.Scale, Presence(leaf.Field.Axis.Feature), k => AtLeast(leaf.Field.Axis, k)),
        FieldSource.HistoricClv => Number(leaf, FeatureTraits.Of(Feature.Spend).Scale, True, k => AtLeast(new Axis(Feature.Spend), k)),
        FieldSource.Overlay => Overlay(leaf),
        FieldSource.FirstSeenTime => Instant(leaf, "c.first_seen_time"),
        FieldSource.FirstOrderTime => Instant(leaf, "c.first_order_time"),
        FieldSource.LastOrderTime => Instant(leaf, "c.last_order_time"),
        FieldSource.Identified => Flag(leaf, True, "c.identified = 1"),
        FieldSource.Trait => OfTrait(leaf),
        _ => throw new ArgumentOutOfRangeException(nameof(leaf), leaf.Field.Source, "No such source."),
    };

    string OfTrait(Clause.Leaf leaf) => leaf switch
    {
        Clause.Present => Has(leaf, True),
        Clause.Like like => OfText(leaf, like),
        Clause.Compared { Value.Kind: FieldKind.Text } compared => OfText(leaf, compared),
        Clause.Compared { Value.Kind: FieldKind.Number } => Has(leaf, TraitColumns.Number, Number(leaf, Trait.StepsPerUnit, True, steps => $"t.number_value >= {Parameter(steps)}")),
        Clause.Compared { Value.Kind: FieldKind.Flag } => Has(leaf, TraitColumns.Flag, Flag(leaf, True, "t.number_value = 1")),
        _ => False,
    };

    /// <summary>Whether there is a value under the name of which something holds: a list that is worked out once, and lies in the order of what is asked for.</summary>
    string Has(Clause.Leaf leaf, string condition)
        => $"c.id IN (SELECT t.customer FROM {_prefix}customer_trait t WHERE t.shop = @shop AND t.name = {Parameter(leaf.Field.Key)} AND t.customer BETWEEN @first AND @last AND {condition})";

    string Has(Clause.Leaf leaf, int kind, string condition) => Has(leaf, string.Create(CultureInfo.InvariantCulture, $"t.kind = {kind} AND {condition}"));

    static readonly string AnyText = string.Create(CultureInfo.InvariantCulture, $"t.kind IN ({TraitColumns.Text}, {TraitColumns.UnsortedText})");

    string OfText(Clause.Leaf leaf, Clause.Compared compared)
    {
        var text = compared.Value.AsText!;
        // No customer's holds a control character; as the end of a parameter one would be taken for the end of a text.
        var isHad = !Trait.HasControls(text);
        switch (compared.Comparison)
        {
            case Comparison.Equal:
                return isHad ? Has(leaf, TraitColumns.KindOf(compared.Value), $"t.text_value = {Parameter(text + TraitColumns.End)}") : False;
            case Comparison.NotEqual:
                return Has(leaf, isHad ? $"{AnyText} AND t.text_value <> {Parameter(text + TraitColumns.End)}" : AnyText);
            default:
                _unsaid.Add(isHad ? Has(leaf, TraitColumns.UnsortedText, True) : Has(leaf, AnyText));
                return isHad ? Has(leaf, TraitColumns.Text, $"t.text_value {Operator(compared.Comparison)} {Parameter(text + TraitColumns.End)}") : False;
        }
    }

    static string Operator(Comparison comparison) => comparison switch
    {
        Comparison.Less => "<",
        Comparison.AtMost => "<=",
        Comparison.Greater => ">",
        _ => ">=",
    };

    /// <summary>How a text begins is a range, and what it holds is what can be taken out of it. More than one of these may overlap in it: then the record says whether they do.</summary>
    string OfText(Clause.Leaf leaf, Clause.Like like)
    {
        var parts = like.Pattern.Text.Split('*');
        var (begin, held) = (parts[0], parts[1..^1].Where(p => p.Length > 0).ToList());
        if (parts[^1].Length > 0) held.Add(parts[^1] + TraitColumns.End);
        if (Trait.HasControls(like.Pattern.Text)) return like.IsUnlike ? Has(leaf, AnyText) : False;
        List<string> conditions = [.. held.Select(h => $"REPLACE(t.text_value, {Parameter(h)}, '') <> t.text_value")];
        // The first character above all that a text of this kind holds ends the range.
        if (begin.Length > 0) conditions.Add($"t.text_value >= {Parameter(begin + TraitColumns.End)} AND t.text_value < {Parameter(begin + '\ue000')}");
        var (count, holds) = (conditions.Count, conditions.Count == 0 ? True : string.Join(" AND ", conditions));
        _unsaid.Add(Has(leaf, TraitColumns.UnsortedText, True));
        if (count > 1) _unsaid.Add(Has(leaf, TraitColumns.Text, holds));
        if (like.IsUnlike) return Has(leaf, TraitColumns.Text, $"NOT ({holds})");
        return count > 1 ? False : Has(leaf, TraitColumns.Text, holds);
    }

    bool IsMeasured(Axis axis) => axis.Traits.Needs == PopulationPart.None || _measures.Population?.Has(axis.Traits.Needs) == true;

    string Parameter(object value)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"p{Parameters.ParameterNames.Count()}");
        Parameters.Add(name, value);
        return "@" + name;
    }

    /// <summary>The places of the stages of which it holds.</summary>
    string Stage(Clause.Leaf leaf)
    {
        if (!_measures.Models.TryGetValue(leaf.Field.Key, out var model) || !_derivations.ContainsKey(model.Id)) return False;
        var audience = new Audience(leaf);
        var places = model.Model.Stages.Index().Where(s => audience.Holds([FieldValue.Of(s.Item.Id)])).Select(s => Parameter(s.Index)).ToList();
        if (!_models.Contains(model.Id)) _models.Add(model.Id);
        return places.Count == 0 ? False : string.Create(CultureInfo.InvariantCulture, $"m{_models.IndexOf(model.Id)}.stage IN ({string.Join(", ", places)})");
    }

    /// <param name="present">Whether there is a value.</param>
    /// <param name="holds">Whether it is true; false where there is none.</param>
    static string Flag(Clause.Leaf leaf, string present, string holds)
    {
        var audience = new Audience(leaf);
        return (audience.Holds([FieldValue.Of((bool?)true)]), audience.Holds([FieldValue.Of((bool?)false)])) switch
        {
            (true, true) => present,
            (true, false) => holds,
            (false, true) => $"{present} AND NOT ({holds})",
            _ => False,
        };
    }

    string Overlay(Clause.Leaf leaf)
    {
        var overlays = _measures.Overlays;
        return leaf.Field.Overlay switch
        {
            OverlayKind.Vip => Flag(leaf, overlays.VipSpend is null ? "c.order_count = 0" : True, overlays.VipSpend is { } least ? $"c.order_count > 0 AND c.spend >= {Parameter(Steps(decimal.Ceiling(Within(least, 10_000))))}" : False),
            OverlayKind.OneTime => Flag(leaf, True, "c.order_count = 1"),
            OverlayKind.Repeat => Flag(leaf, True, "c.order_count > 1"),
            OverlayKind.Warm => Flag(leaf, True, Since("c.last_interaction_day", overlays.WarmDays)),
            OverlayKind.Cold => Flag(leaf, True, $"NOT ({Since("c.last_interaction_day", overlays.WarmDays)})"),
            OverlayKind.NewCustomer => Flag(leaf, True, Since("c.first_order_day", overlays.NewCustomerDays)),
            OverlayKind.Returning when overlays.LapseDays is { } lapse => Flag(leaf, True, $"c.order_before_day IS NOT NULL AND c.last_order_day - c.order_before_day > {Parameter(lapse)} AND {Since("c.last_order_day", lapse)}"),
            OverlayKind.Returning => Flag(leaf, "c.order_before_day IS NULL", False),
            _ => throw new ArgumentOutOfRangeException(nameof(leaf), leaf.Field.Overlay, "No such overlay."),
        };
    }

    string Since(string column, int days) => $"{column} IS NOT NULL AND {column} >= {Parameter(_today - days)}";

    string Instant(Clause.Leaf leaf, string column)
    {
        return Number(leaf, 1m / TimeSpan.TicksPerMillisecond, $"{column} IS NOT NULL", millis => $"{column} IS NOT NULL AND {column} >= {Parameter(ToInstant(millis))}", FieldKind.Instant);

        static DateTimeOffset ToInstant(long millis) => new(Math.Clamp(millis, 0, DateTimeOffset.MaxValue.Ticks / TimeSpan.TicksPerMillisecond) * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
    }

    /// <param name="scale">Steps in one.</param>
    /// <param name="atLeast">Whether the value is there and at least so many steps.</param>
    static string Number(Clause.Leaf leaf, decimal scale, string present, Func<long, string> atLeast, FieldKind kind = FieldKind.Number)
    {
        if (leaf is Clause.Present) return present;
        if (leaf is not Clause.Compared compared || compared.Value.Kind != kind) return False;
        var steps = Within(compared.Value.AsNumber, scale);
        var (down, up) = (decimal.Floor(steps), decimal.Ceiling(steps));
        return compared.Comparison switch
        {
            Comparison.AtLeast => atLeast((long)up),
            Comparison.Greater => atLeast((long)down + 1),
            Comparison.AtMost => $"{present} AND NOT ({atLeast((long)down + 1)})",
            Comparison.Less => $"{present} AND NOT ({atLeast((long)up)})",
            Comparison.Equal => Equal(),
            _ => $"{present} AND NOT ({Equal()})",
        };

        string Equal() => down == up ? $"{atLeast((long)down)} AND NOT ({atLeast((long)down + 1)})" : False;
    }

    /// <summary>In steps. No value lies as far out, so what is beyond is as good as there.</summary>
    static decimal Within(decimal value, decimal scale) => Math.Clamp(value, -StepsMax / scale, StepsMax / scale) * scale;

    static long Steps(decimal steps) => (long)Math.Clamp(steps, -StepsMax, StepsMax);

    static string Presence(Feature feature) => Column(feature) is var (column, isThere) && isThere ? True : $"{column} IS NOT NULL";

    /// <summary>The last first.</summary>
    static readonly string[] LastOrderDays = ["c.last_order_day", "c.order_before_day", "c.third_last_order_day", "c.fourth_last_order_day", "c.fifth_last_order_day"];

    /// <summary>What a feature is read from, and whether every customer has it.</summary>
    static (string Name, bool IsThere) Column(Feature feature) => feature switch
    {
        Feature.OrderCount => ("c.order_count", true),
        Feature.Spend or Feature.SpendRelative => ("c.spend", true),
        Feature.ReferralCount => ("c.referral_count", true),
        Feature.ReviewCount => ("c.review_count", true),
        Feature.ShareCount => ("c.share_count", true),
        Feature.OrdersWithin => ("c.order_count", true),
        Feature.EngagementScore => ("c.engagement_level", true),
        Feature.LastReviewRating => ("c.last_review_rating", false),
        Feature.LastNpsScore => ("c.last_nps_score", false),
        Feature.DaysSinceLastView => ("c.last_view_day", false),
        Feature.DaysSinceLastVisit => ("c.last_visit_day", false),
        Feature.DaysSinceLastEvent => ("c.last_event_day", false),
        _ => ("c.last_order_day", false),
    };

    /// <summary>Whether a customer has a value of at least so many steps.</summary>
    string AtLeast(Axis axis, long steps)
    {
        var (column, isThere) = Column(axis.Feature);
        return axis.Feature switch
        {
            Feature.DaysSinceLastOrder or Feature.DaysSinceLastView or Feature.DaysSinceLastVisit or Feature.DaysSinceLastEvent => Ago(steps),
            Feature.DaysBeyondLapse => Ago(steps + _measures.Population!.LapseDays!.Value),
            Feature.OrdersWithin => InWindow(steps),
            Feature.EngagementScore => Engaged(steps),
            Feature.SpendRelative => $"{column} >= {Parameter(Steps(decimal.Ceiling(Within(steps, _measures.Population!.AverageSpend!.Value))))}",
            Feature.RecencyScore => Recency(_measures.Population!.Cuts!.Recency, steps),
            Feature.FrequencyScore => Score(_measures.Population!.Cuts!.Frequency, steps, "c.order_count", 1),
            Feature.MonetaryScore => Score(_measures.Population!.Cuts!.Monetary, steps, "c.spend", 10_000),
            _ => isThere ? $"{column} >= {Parameter(steps)}" : $"{column} IS NOT NULL AND {column} >= {Parameter(steps)}",
        };

        string Ago(long days) => $"{column} IS NOT NULL AND {column} <= {Parameter(_today - days)}";

        // The k-th last order lies within the window. Further back than columns go, all of them do, or the record has to say.
        string InWindow(long orders)
        {
            if (orders <= 0) return True;
            if (orders <= LastOrderDays.Length) return Since(LastOrderDays[orders - 1], axis.WindowDays);
            var (enough, all) = ($"c.order_count >= {Parameter(orders)}", Since("c.first_order_day", axis.WindowDays));
            _unsaid.Add($"{enough} AND {Since(LastOrderDays[^1], axis.WindowDays)} AND NOT ({all})");
            return $"{enough} AND {all}";
        }

        // Who is all but on the bound is on the side that the record says.
        string Engaged(long score)
        {
            if (score <= 0) return True;
            var level = EngagementScore.LevelOf(score, _today);
            _unsaid.Add($"{column} IS NOT NULL AND {column} BETWEEN {Parameter(level - EngagementScore.LevelBlur)} AND {Parameter(level + EngagementScore.LevelBlur)}");
            return $"{column} IS NOT NULL AND {column} >= {Parameter(level)}";
        }

        // The score is 5 less one for every cut that more days have passed than.
        string Recency(IReadOnlyList<decimal> cuts, long score) => (RfmCuts.PerScore + 1 - score) switch
        {
            < 0 => False,
            >= RfmCuts.PerScore => $"{column} IS NOT NULL",
            var passed => $"{column} IS NOT NULL AND {column} >= {Parameter(_today - (long)decimal.Floor(cuts[(int)passed]))}",
        };

        string Score(IReadOnlyList<decimal> cuts, long score, string value, int scale) => (score - 2) switch
        {
            < 0 => $"{column} IS NOT NULL",
            >= RfmCuts.PerScore => False,
            var passed => $"{column} IS NOT NULL AND {value} > {Parameter(Steps(decimal.Floor(Within(cuts[(int)passed], scale))))}",
        };
    }
}
