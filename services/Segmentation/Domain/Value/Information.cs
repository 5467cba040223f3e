using MathNet.Numerics.LinearAlgebra;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>How well data determine what was fitted to them.</summary>
internal static class Information
{
    // Of a logarithm: a tenth of a per cent of the parameter.
    const double Step = 1e-3;

    /// <summary>
    /// Standard errors of parameters at their maximum of likelihood: the inverse of the observed information, which is the curvature there, in logarithms of the parameters, and from
    /// these by the delta method. Null where the curvature is not that of a peak, so that the data leave some direction open.
    /// </summary>
    /// <param name="function">Mean log-likelihood and its gradient.</param>
    /// <param name="count">What it is the mean of.</param>
    public static double[]? StandardErrors(Slope function, double[] maximum, double count)
    {
        var curvature = Matrix<double>.Build.Dense(maximum.Length, maximum.Length);
        for (var j = 0; j < maximum.Length; j++)
        {
            var (above, below) = (LogGradient(function, maximum, j, Step), LogGradient(function, maximum, j, -Step));
            curvature.SetColumn(j, (above - below) / (-2 * Step) * count);
        }
        try
        {
            var variances = ((curvature + curvature.Transpose()) / 2).Cholesky().Solve(Matrix<double>.Build.DenseIdentity(maximum.Length)).Diagonal();
            double[] errors = [.. maximum.Select((p, i) => p * Math.Sqrt(variances[i]))];
            return errors.All(double.IsFinite) ? errors : null;
        }
        catch (ArgumentException)
        {
            // MathNet's word for "not positive definite".
            return null;
        }
    }

    static Vector<double> LogGradient(Slope function, double[] maximum, int moved, double step)
    {
        double[] point = [.. maximum.Select((p, i) => i == moved ? p * Math.Exp(step) : p)], gradient = new double[maximum.Length];
        function(point, gradient);
        return Vector<double>.Build.Dense([.. gradient.Select((g, i) => g * point[i])]);
    }
}
