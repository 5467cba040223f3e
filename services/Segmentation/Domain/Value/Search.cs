using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>A function to maximise: answers its value at a point and writes its gradient there, unless there is no room for one.</summary>
internal delegate double Slope(ReadOnlySpan<double> point, Span<double> gradient);

/// <summary>
/// Finds the maximum of a smooth function of a few positive parameters, in their logarithms (so that it is a search without sign and scale) and inside
/// bounds: BFGS from each start, and the simplex of Nelder and Mead from the best point where a line search gave up there. Both are MathNet's.
/// </summary>
internal static class Search
{
    /// <summary>Parameters beyond e^±7 (about 1,100) times their scale say that the data do not bound them.</summary>
    const double LogBound = 7;

    const int IterationsMax = 200;

    // Where the data leave a direction open, a search creeps along a ridge for thousands of evaluations, of which each reads the whole population. It ends when so many in a row have brought less
    // than this, or at the latest after so many; an ordinary one takes thirty.
    const int EvaluationsMax = 300, IdleMax = 40;
    const double Progress = 1e-9;

    /// <summary>The best point found, its value, and whether a parameter stands at a bound.</summary>
    internal readonly record struct Found(double[] Point, double Value, bool AtBound);

    /// <param name="scale">The natural size of each parameter; starts and bounds are multiples of it.</param>
    /// <param name="starts">Multiples of the scale to start from.</param>
    public static Found Maximise(Slope function, double[] scale, IReadOnlyList<double[]> starts)
    {
        var best = starts.Select(s => new Climb(function, scale, [.. s.Select(v => Math.Log(v))])).MaxBy(c => c.Value)!;
        best.Finish();
        return new Found([.. best.Point.Select((p, i) => scale[i] * Math.Exp(p))], best.Value, best.Point.Any(p => Math.Abs(p) > LogBound - 0.5));
    }

    /// <summary>The way up from one start.</summary>
    sealed class Climb
    {
        readonly Slope _function;
        readonly double[] _scale;
        readonly bool _gaveUp;
        int _left = EvaluationsMax, _idle;
        double _progressed = double.NegativeInfinity;

        public Climb(Slope function, double[] scale, double[] start)
        {
            (_function, _scale, Point) = (function, scale, start);
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
            catch (Exception e) when (e is OptimizationException or ArgumentException)
            {
                // A line search at the limit of precision or along a ridge, or a curvature that rounding took the shape of a peak from (MathNet's ArgumentException): the best point so far is where the
                // simplex goes on. Who creeps has spent what there is, and what was found counts.
                _gaveUp = !IsSpent;
            }
        }

        /// <summary>Logarithms, in units of the scale, of the best point.</summary>
        public double[] Point { get; private set; }
        public double Value { get; private set; } = double.NegativeInfinity;

        bool IsSpent => _left <= 0 || _idle > IdleMax;

        /// <summary>Goes on from the best point where the way up was lost.</summary>
        public void Finish()
        {
            if (!_gaveUp) return;
            (_left, _idle) = (EvaluationsMax, 0);
            try
            {
                NelderMeadSimplex.Minimum(ObjectiveFunction.Value(p => -At(p, [])), Vector<double>.Build.Dense([.. Point]), 1e-10, IterationsMax);
            }
            catch (OptimizationException)
            {
                // Out of iterations: what was found counts.
            }
        }

        // Every point that was looked at competes, whatever the minimiser makes of it.
        double At(Vector<double> logs, double[] gradient)
        {
            if (IsSpent) throw new MaximumIterationsException("The search has spent its evaluations.");
            _left--;
            var point = new double[logs.Count];
            for (var i = 0; i < point.Length; i++) point[i] = _scale[i] * Math.Exp(Math.Clamp(logs[i], -LogBound, LogBound));
            var value = _function(point, gradient);
            for (var i = 0; i < gradient.Length; i++) gradient[i] *= point[i];
            if (value > Value) (Point, Value) = ([.. logs.Select(l => Math.Clamp(l, -LogBound, LogBound))], value);
            (_progressed, _idle) = Value > _progressed + Progress ? (Value, 0) : (_progressed, _idle + 1);
            return double.IsFinite(value) ? value : -1e100;
        }
    }
}
