using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>A function to maximise: answers its value at a point and writes its gradient there.</summary>
internal delegate double Slope(ReadOnlySpan<double> point, Span<double> gradient);

/// <summary>
/// Finds the maximum of a smooth function of a few positive parameters, in their logarithms (so that it is a search without sign and scale) and inside
/// bounds: BFGS from each start, and the simplex of Nelder and Mead where a line search gives up. Both are MathNet's.
/// </summary>
internal static class Search
{
    /// <summary>Parameters beyond e^±7 (about 1,100) times their scale say that the data do not bound them.</summary>
    const double LogBound = 7;

    const int IterationsMax = 200;

    /// <summary>The best point found, its value, and whether a parameter stands at a bound.</summary>
    internal readonly record struct Found(double[] Point, double Value, bool AtBound);

    /// <param name="scale">The natural size of each parameter; starts and bounds are multiples of it.</param>
    /// <param name="starts">Multiples of the scale to start from.</param>
    public static Found Maximise(Slope function, double[] scale, IReadOnlyList<double[]> starts)
    {
        var best = starts.Select(s => From(function, scale, [.. s.Select(v => Math.Log(v))])).MaxBy(f => f.Value);
        return best with { Point = [.. best.Point.Select((p, i) => scale[i] * Math.Exp(p))], AtBound = best.Point.Any(p => Math.Abs(p) > LogBound - 0.5) };
    }

    static Found From(Slope function, double[] scale, double[] start)
    {
        var best = new Found(start, double.NegativeInfinity, false);
        var objective = ObjectiveFunction.Gradient(p =>
        {
            var gradient = new double[p.Count];
            var value = At(p, gradient);
            return (-value, Vector<double>.Build.Dense([.. gradient.Select(g => -g)]));
        });
        var bound = Vector<double>.Build.Dense(start.Length, LogBound);
        try
        {
            new BfgsBMinimizer(1e-8, 1e-8, 1e-12, IterationsMax).FindMinimum(objective, -bound, bound, Vector<double>.Build.Dense(start));
        }
        catch (OptimizationException)
        {
            // A line search at the limit of precision, or along a ridge: the best point so far is where the simplex goes on.
            Simplex();
        }
        return best;

        void Simplex()
        {
            try
            {
                NelderMeadSimplex.Minimum(ObjectiveFunction.Value(p => -At(p, new double[p.Count])), Vector<double>.Build.Dense([.. best.Point]), 1e-10, IterationsMax);
            }
            catch (OptimizationException)
            {
                // Out of iterations: what was found counts.
            }
        }

        // Every point that was looked at competes, whatever the minimiser makes of it.
        double At(Vector<double> logs, double[] gradient)
        {
            var point = new double[logs.Count];
            for (var i = 0; i < point.Length; i++) point[i] = scale[i] * Math.Exp(Math.Clamp(logs[i], -LogBound, LogBound));
            var value = function(point, gradient);
            for (var i = 0; i < point.Length; i++) gradient[i] *= point[i];
            if (value > best.Value) best = new([.. logs.Select(l => Math.Clamp(l, -LogBound, LogBound))], value, false);
            return double.IsFinite(value) ? value : -1e100;
        }
    }
}
