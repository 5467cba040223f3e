using static Perennial.Segmentation.Domain.Value.Special;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>A model with the parameters that make a population most likely.</summary>
/// <param name="LogLikelihood">Of the whole population, without the x! term.</param>
/// <param name="AtBound">A parameter ran off to the edge of the search: the data do not bound it.</param>
internal sealed record PurchaseFit(PurchaseModel Model, double LogLikelihood, bool AtBound)
{
    /// <summary>Of each parameter, in the order of the model's, on the population that it was fitted to; null where the data leave one open.</summary>
    public double[]? StandardErrors(RepeatTable table)
        => AtBound ? null : Information.StandardErrors(PurchaseFits.SlopeOf(Model.Kind, table), [.. Model.Parameters.Select(p => p.Value)], table.Customers);
}

/// <summary>Maximum likelihood for the purchase models.</summary>
internal static class PurchaseFits
{
    // Where a search should begin is seen on this many distinct histories; it ends on all of them.
    const int ScoutRowsMax = 5_000;

    static readonly double[][] ShapeStarts = [[1, 0.1], [0.3, 0.3], [3, 1]];
    static readonly double[][] StopStarts = [[1, 0.3, 1, 1], [0.3, 0.1, 0.5, 3], [3, 1, 0.3, 3]];

    public static PurchaseFit Nbd(RepeatTable table) => Fit(PurchaseModelKind.Nbd, table, [1, table.MeanAge], ShapeStarts, p => new Nbd(p[0], p[1]));

    public static PurchaseFit BgNbd(RepeatTable table)
        => Fit(PurchaseModelKind.BgNbd, table, [1, table.MeanAge, 1, 1], StopStarts, p => new BetaGeometric(p[0], p[1], p[2], p[3], StopsAtFirst: false));

    public static PurchaseFit MbgNbd(RepeatTable table)
        => Fit(PurchaseModelKind.MbgNbd, table, [1, table.MeanAge, 1, 1], StopStarts, p => new BetaGeometric(p[0], p[1], p[2], p[3], StopsAtFirst: true));

    public static PurchaseFit ParetoNbd(RepeatTable table)
        => Fit(PurchaseModelKind.ParetoNbd, table, [1, table.MeanAge, 1, table.MeanAge], StopStarts, p => new ParetoNbd(p[0], p[1], p[2], p[3]));

    /// <summary>Mean log-likelihood of a population as a function of a model's parameters, with its gradient.</summary>
    public static Slope SlopeOf(PurchaseModelKind kind, RepeatTable table) => kind switch
    {
        PurchaseModelKind.Nbd => new NbdSlope(table).At,
        PurchaseModelKind.ParetoNbd => new ParetoSlope(table).At,
        _ => new BetaGeometricSlope(table, stopsAtFirst: kind == PurchaseModelKind.MbgNbd).At,
    };

    static PurchaseFit Fit(PurchaseModelKind kind, RepeatTable table, double[] scale, double[][] starts, Func<double[], PurchaseModel> model)
    {
        var scouts = table.Thinned(ScoutRowsMax);
        var found = Search.Maximise(SlopeOf(kind, scouts), scale, starts);
        if (scouts != table) found = Search.Maximise(SlopeOf(kind, table), scale, [[.. found.Point.Select((p, i) => p / scale[i])]]);
        return new PurchaseFit(model(found.Point), found.Value * table.Customers, found.AtBound);
    }
}

/// <summary>
/// Parts of the likelihood that repeat: everything about a count of purchases, and everything about a time, is computed once for each that occurs. Counts are few,
/// and times are days.
/// </summary>
internal abstract class LikelihoodTable
{
    readonly int[] _counts;
    readonly double[] _times;
    readonly double[] _logTimes;

    protected LikelihoodTable(RepeatTable table)
    {
        Table = table;
        Customers = table.Customers;
        // Rows are sorted by count.
        _counts = [.. table.Rows.Select(r => r.Count).Distinct()];
        Counts = [.. table.Rows.Select(r => Array.BinarySearch(_counts, r.Count))];
        _times = [.. table.Rows.SelectMany(r => (double[])[r.LastTime, r.Age]).Distinct().Order()];
        _logTimes = new double[_times.Length];
        LastTimes = [.. table.Rows.Select(r => Array.BinarySearch(_times, r.LastTime))];
        Ages = [.. table.Rows.Select(r => Array.BinarySearch(_times, r.Age))];
    }

    protected RepeatTable Table { get; }
    protected double Customers { get; }

    /// <summary>Place of each row's count, and of its times.</summary>
    protected int[] Counts { get; }
    protected int[] LastTimes { get; }
    protected int[] Ages { get; }

    protected double Time(int place) => _times[place];

    /// <summary>ln(alpha + t) of every time.</summary>
    protected double[] LogTimes(double alpha)
    {
        for (var i = 0; i < _times.Length; i++) _logTimes[i] = Math.Log(alpha + _times[i]);
        return _logTimes;
    }

    /// <summary>A function of the count, for every count that occurs.</summary>
    protected double[] ByCount(Func<int, double> of) => Array.ConvertAll(_counts, x => of(x));
}

/// <summary>Mean log-likelihood of <see cref="Nbd"/> and its gradient.</summary>
internal sealed class NbdSlope(RepeatTable table) : LikelihoodTable(table)
{
    public double At(ReadOnlySpan<double> p, Span<double> gradient)
    {
        var (r, alpha) = (p[0], p[1]);
        var (logs, buys, buysSlope) = (LogTimes(alpha), ByCount(x => LogGamma(r + x)), ByCount(x => Digamma(r + x)));
        var (sum, dr, dalpha) = (0.0, 0.0, 0.0);
        for (var i = 0; i < Ages.Length; i++)
        {
            var (w, x, n, log) = (Table.Weights[i], Table.Rows[i].Count, Counts[i], logs[Ages[i]]);
            sum += w * (buys[n] - (r + x) * log);
            dr += w * (buysSlope[n] - log);
            dalpha -= w * (r + x) / (alpha + Table.Rows[i].Age);
        }
        var mean = sum / Customers + r * Math.Log(alpha) - LogGamma(r);
        if (gradient.IsEmpty) return mean;
        gradient[0] = dr / Customers + Math.Log(alpha) - Digamma(r);
        gradient[1] = dalpha / Customers + r / alpha;
        return mean;
    }
}

/// <summary>Mean log-likelihood of <see cref="BetaGeometric"/> and its gradient.</summary>
internal sealed class BetaGeometricSlope(RepeatTable table, bool stopsAtFirst) : LikelihoodTable(table)
{
    readonly int _first = stopsAtFirst ? 1 : 0;

    public double At(ReadOnlySpan<double> p, Span<double> gradient)
    {
        var (r, alpha, a, b) = (p[0], p[1], p[2], p[3]);
        var logs = LogTimes(alpha);
        var value = ByCount(x => LogGamma(r + x) + LogGamma(b + x + _first) - LogGamma(a + b + x + _first));
        var buysSlope = ByCount(x => Digamma(r + x));
        var staysSlope = ByCount(x => Digamma(b + x + _first));
        var bothSlope = ByCount(x => Digamma(a + b + x + _first));
        var odds = ByCount(x => x + _first == 0 ? double.NegativeInfinity : Math.Log(a / (b + x + _first - 1)));
        var (sum, dr, dalpha, da, db) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < Ages.Length; i++)
        {
            var (w, x, n, last, now) = (Table.Weights[i], Table.Rows[i].Count, Counts[i], logs[LastTimes[i]], logs[Ages[i]]);
            var (alive, stopped) = (-(r + x) * now, odds[n] - (r + x) * last);
            var both = LogSum(alive, stopped);
            var share = Math.Exp(stopped - both);
            sum += w * (value[n] + both);
            dr += w * (buysSlope[n] - (1 - share) * now - share * last);
            dalpha -= w * (r + x) * ((1 - share) / (alpha + Time(Ages[i])) + share / (alpha + Time(LastTimes[i])));
            da += w * (share / a - bothSlope[n]);
            db += w * (staysSlope[n] - bothSlope[n] - (share == 0 ? 0 : share / (b + x + _first - 1)));
        }
        var mean = sum / Customers + r * Math.Log(alpha) - LogGamma(r) + LogGamma(a + b) - LogGamma(b);
        if (gradient.IsEmpty) return mean;
        gradient[0] = dr / Customers + Math.Log(alpha) - Digamma(r);
        gradient[1] = dalpha / Customers + r / alpha;
        gradient[2] = da / Customers + Digamma(a + b);
        gradient[3] = db / Customers + Digamma(a + b) - Digamma(b);
        return mean;
    }
}

/// <summary>
/// Mean log-likelihood of <see cref="ParetoNbd"/>; its gradient by differences, as the hypergeometric function has no handy one. The costly tail depends on a count
/// and one time, so it is computed once for each pair that occurs, however many customers have it.
/// </summary>
internal sealed class ParetoSlope : LikelihoodTable
{
    const double Step = 1e-5;

    readonly (int Count, double Time)[] _pairs;
    readonly int[] _tailsAtLast, _tailsAtAge;
    readonly double[] _tails;

    public ParetoSlope(RepeatTable table) : base(table)
    {
        _pairs = [.. table.Rows.SelectMany(r => ((int, double)[])[(r.Count, r.LastTime), (r.Count, r.Age)]).Distinct().Order()];
        _tails = new double[_pairs.Length];
        var places = _pairs.Index().ToDictionary(p => p.Item, p => p.Index);
        _tailsAtLast = [.. table.Rows.Select(r => places[(r.Count, r.LastTime)])];
        _tailsAtAge = [.. table.Rows.Select(r => places[(r.Count, r.Age)])];
    }

    public double At(ReadOnlySpan<double> p, Span<double> gradient)
    {
        Span<double> point = [.. p];
        for (var i = 0; i < gradient.Length; i++)
        {
            point[i] = p[i] * (1 + Step);
            var above = Mean(point);
            point[i] = p[i] * (1 - Step);
            gradient[i] = (above - Mean(point)) / (2 * Step * p[i]);
            point[i] = p[i];
        }
        return Mean(p);
    }

    double Mean(ReadOnlySpan<double> p)
    {
        var (r, s, model) = (p[0], p[2], new ParetoNbd(p[0], p[1], p[2], p[3]));
        for (var i = 0; i < _pairs.Length; i++) _tails[i] = model.LogTail(_pairs[i].Count, _pairs[i].Time);
        double[] buys = [.. LogTimes(p[1])], stops = LogTimes(p[3]);
        var (value, odds) = (ByCount(x => LogGamma(r + x)), ByCount(x => Math.Log(s / (r + s + x))));
        var sum = 0.0;
        for (var i = 0; i < Ages.Length; i++)
        {
            var (x, n) = (Table.Rows[i].Count, Counts[i]);
            var alive = -(r + x) * buys[Ages[i]] - s * stops[Ages[i]];
            sum += Table.Weights[i] * (value[n] + LogSum(alive, odds[n] + LogDifference(_tails[_tailsAtLast[i]], _tails[_tailsAtAge[i]])));
        }
        return sum / Customers - LogGamma(r) + r * Math.Log(p[1]) + s * Math.Log(p[3]);
    }
}
