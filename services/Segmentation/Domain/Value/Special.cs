using MathNet.Numerics;
using MathNet.Numerics.Integration;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>Functions that the models share, in logarithms where they would leave the range of a double.</summary>
internal static class Special
{
    const int TermsMax = 200_000;
    const int FractionTermsMax = 20_000;
    const double Precision = 1e-15;

    /// <summary>ln Γ(x), x &gt; 0.</summary>
    public static double LogGamma(double x) => SpecialFunctions.GammaLn(x);

    /// <summary>Γ'(x) / Γ(x).</summary>
    public static double Digamma(double x) => SpecialFunctions.DiGamma(x);

    /// <summary>ln B(a, b).</summary>
    public static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    /// <summary>ln(1 + x) without the loss that small x would bring.</summary>
    public static double LogOnePlus(double x) => SpecialFunctions.Log1p(x);

    /// <summary>1 - e^x, likewise: Kahan's way, as MathNet's Expm1 keeps seven digits of some.</summary>
    public static double OneMinusExp(double x)
    {
        var e = Math.Exp(x);
        if (e == 1) return -x;
        return e - 1 == -1 || double.IsInfinity(e) ? 1 - e : (1 - e) * x / Math.Log(e);
    }

    /// <summary>ln(e^a + e^b).</summary>
    public static double LogSum(double a, double b)
    {
        if (double.IsNegativeInfinity(a)) return b;
        if (double.IsNegativeInfinity(b)) return a;
        return Math.Max(a, b) + Math.Log(1 + Math.Exp(-Math.Abs(a - b)));
    }

    /// <summary>ln(e^a - e^b) for a at least b; minus infinity where rounding leaves nothing.</summary>
    public static double LogDifference(double a, double b) => b >= a ? double.NegativeInfinity : a + Math.Log(OneMinusExp(b - a));

    /// <summary>
    /// e^<paramref name="log"/> 2F1(a, b; c; z), the hypergeometric series, for 0 &lt;= z &lt; 1, c not 0 or a negative integer. Callers bring their arguments into the form in
    /// which the terms fall fastest and of one sign; the sum may leave the range of a double as long as the whole does not.
    /// </summary>
    public static double Hypergeometric(double a, double b, double c, double z, double log)
    {
        const double Large = 1e200;
        var (term, sum) = (1.0, 1.0);
        for (var n = 0; n < TermsMax; n++)
        {
            var ratio = (a + n) * (b + n) / ((c + n) * (n + 1)) * z;
            term *= ratio;
            sum += term;
            // Terms may grow at first: an end is one only once they fall.
            if (Math.Abs(term) <= Precision * Math.Abs(sum) && Math.Abs(ratio) < 1) break;
            if (Math.Abs(term) < Large) continue;
            (term, sum, log) = (term / Large, sum / Large, log + Math.Log(Large));
        }
        return sum * Math.Exp(log);
    }

    /// <summary>
    /// 2F1(1, b; c; z) for 0 &lt;= z &lt; 1 and b below c + 1: Gauss's continued fraction (DLMF 15.7.1), after Lentz. Near z = 1 it takes the square root of the terms
    /// that the series would.
    /// </summary>
    public static double HypergeometricOfOne(double b, double c, double z)
    {
        const double Tiny = 1e-300;
        var lower = c - 1;
        var (f, above, below) = (lower, lower, 0.0);
        for (var n = 1; n < FractionTermsMax; n++)
        {
            var half = n / 2;
            var u = (n % 2 == 1 ? (b + half) * (lower + half) : half * (lower - b + half)) * -z;
            below = lower + n + u * below;
            below = 1 / (below == 0 ? Tiny : below);
            above = lower + n + u / above;
            if (above == 0) above = Tiny;
            var change = above * below;
            f *= change;
            if (Math.Abs(change - 1) < Precision) break;
        }
        return lower / f;
    }

    /// <summary>
    /// Tricomi's U(1, 2 - s; z) = e^z E_s(z), the integral of e^(-zt) (1 + t)^-s over all t above 0 (DLMF 13.4.4, 8.19.2). Positive s; z above 0, or 0 for s above 1.
    /// </summary>
    public static double TricomiOfOne(double s, double z)
    {
        if (z <= 0) return 1 / (s - 1);
        // In u = ln(1 + t); beyond the end, the integrand is e^-40 of what it was.
        var end = LogOnePlus(40 / z);
        if (s > 1) end = Math.Min(end, 40 / (s - 1));
        return Integral(u => Math.Exp(z * OneMinusExp(u) + (1 - s) * u), end);
    }

    /// <summary>Of a smooth function from 0 on, after Gauss and Legendre.</summary>
    public static double Integral(Func<double, double> function, double end) => GaussLegendreRule.Integrate(function, 0, end, 128);
}
