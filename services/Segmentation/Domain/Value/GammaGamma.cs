using static Perennial.Segmentation.Domain.Value.Special;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>A customer's spend: how many purchases it is the mean of, and that mean.</summary>
internal readonly record struct MeanSpend(int Count, double Mean);

/// <summary>
/// Gamma-Gamma spend (Fader and Hardie 2013, brucehardie.com/notes/025): the value of a purchase is Gamma(<paramref name="P"/>, rate v) within a customer and v is
/// Gamma(<paramref name="Q"/>, rate <paramref name="Gamma"/>) over customers. Rests on spend and frequency being unrelated: their correlation is shown with every fit.
/// </summary>
internal sealed record GammaGamma(double P, double Q, double Gamma)
{
    public IReadOnlyList<(string Name, double Value)> Parameters => [("p", P), ("q", Q), ("gamma", Gamma)];

    /// <summary>The mean value of a purchase over the population; null where the fit has none (q up to 1).</summary>
    public double? PopulationMean => Q > 1 ? P * Gamma / (Q - 1) : null;

    /// <summary>What a purchase of this customer is expected to be worth: their own mean, drawn to the population's the less is known. Null where there is no mean.</summary>
    public double? Expected(MeanSpend customer) => customer.Count == 0 ? PopulationMean
        : P * customer.Count + Q > 1 ? P * (Gamma + customer.Count * customer.Mean) / (P * customer.Count + Q - 1)
        : null;

    /// <param name="customer">Count and mean above 0.</param>
    public double LogLikelihood(MeanSpend customer)
    {
        var (x, z) = customer;
        return LogGamma(P * x + Q) - LogGamma(P * x) - LogGamma(Q) + Q * Math.Log(Gamma) + (P * x - 1) * Math.Log(z) + P * x * Math.Log(x) - (P * x + Q) * Math.Log(Gamma + x * z);
    }
}

/// <summary>A spend model with the parameters that make a population most likely.</summary>
/// <param name="Customers">Those with a count and a mean above 0.</param>
/// <param name="Correlation">Pearson's, of count and mean: far from 0, the model does not apply. Null where one of them does not vary.</param>
/// <param name="StandardErrors">Of p, q and gamma; null where the data leave one open.</param>
internal sealed record SpendFit(GammaGamma Model, double LogLikelihood, int Customers, double? Correlation, double[]? StandardErrors)
{
    static readonly double[][] Starts = [[3, 3, 1], [1, 2, 0.5], [10, 5, 1]];

    /// <summary>Null with fewer than two customers to fit.</summary>
    public static SpendFit? Of(IEnumerable<MeanSpend> spends)
    {
        var known = spends.Where(s => s is { Count: > 0, Mean: > 0 }).OrderBy(s => s.Count).ThenBy(s => s.Mean).ToArray();
        if (known.Length < 2) return null;
        Slope slope = new Slopes(known).At;
        var found = Search.Maximise(slope, [1, 1, known.Average(s => s.Mean)], Starts);
        return new SpendFit(
            new GammaGamma(found.Point[0], found.Point[1], found.Point[2]),
            found.Value * known.Length,
            known.Length,
            Statistics.Correlation([.. known.Select(s => (double)s.Count)], [.. known.Select(s => s.Mean)]),
            found.AtBound ? null : Information.StandardErrors(slope, found.Point, known.Length));
    }

    /// <summary>Mean log-likelihood and its gradient; what depends on the count alone is computed once per run of equal counts.</summary>
    sealed class Slopes(MeanSpend[] sorted)
    {
        readonly double[] _logs = [.. sorted.Select(s => Math.Log(s.Mean))];

        public double At(ReadOnlySpan<double> point, Span<double> gradient)
        {
            var (p, q, gamma) = (point[0], point[1], point[2]);
            var (sum, dp, dq, dgamma) = (0.0, 0.0, 0.0, 0.0);
            var (count, value, slopeBoth, slopeOwn) = (0, 0.0, 0.0, 0.0);
            for (var i = 0; i < sorted.Length; i++)
            {
                var (x, z) = sorted[i];
                if (x != count)
                {
                    count = x;
                    value = LogGamma(p * x + q) - LogGamma(p * x) + p * x * Math.Log(x);
                    (slopeBoth, slopeOwn) = (Digamma(p * x + q), Digamma(p * x) - Math.Log(x));
                }
                var log = Math.Log(gamma + x * z);
                sum += value + (p * x - 1) * _logs[i] - (p * x + q) * log;
                dp += x * (slopeBoth - slopeOwn + _logs[i] - log);
                dq += slopeBoth - log;
                dgamma -= (p * x + q) / (gamma + x * z);
            }
            var n = sorted.Length;
            var mean = sum / n + q * Math.Log(gamma) - LogGamma(q);
            if (gradient.IsEmpty) return mean;
            gradient[0] = dp / n;
            gradient[1] = dq / n + Math.Log(gamma) - Digamma(q);
            gradient[2] = dgamma / n + q / gamma;
            return mean;
        }
    }
}
