using System.Globalization;
using System.Text;

namespace Perennial.Load;

/// <summary>What a run found, figure by figure.</summary>
sealed class Findings(string command)
{
    const string Ceiling = "ceiling: ";
    readonly double _loadBefore = Machine.Load();
    readonly List<Figure> _figures = [];

    public string Command => command;
    public Machine Machine => new(Environment.ProcessorCount, _loadBefore, Machine.Load());
    public IReadOnlyList<Figure> Figures => _figures;

    public void Add(string name, double value, string unit) => _figures.Add(new Figure(name, Rounded(value), unit));

    public void AddAtLeast(double target, string name, double value, string unit) => _figures.Add(new Figure(name, Rounded(value), unit, target, value >= target));

    public void AddAtMost(double target, string name, double value, string unit) => _figures.Add(new Figure(name, Rounded(value), unit, target, value <= target));

    /// <param name="p99Max">Target in milliseconds, where there is one.</param>
    public void Add(string name, Latencies latencies, double? p99Max = null)
    {
        Add(name + ": p50", latencies.Millis(0.5), "ms");
        Add(name + ": p90", latencies.Millis(0.9), "ms");
        if (p99Max is { } target) AddAtMost(target, name + ": p99", latencies.Millis(0.99), "ms");
        else Add(name + ": p99", latencies.Millis(0.99), "ms");
        Add(name + ": max", latencies.Millis(1), "ms");
    }

    /// <summary>What the bare parts reach; <see cref="AddRatios"/> compares with it.</summary>
    public void AddCeiling(string name, double value, string unit) => Add(Ceiling + name, value, unit);

    /// <summary>How a value stands to each ceiling of the same unit.</summary>
    public void AddRatios(double value, string unit)
    {
        foreach (var ceiling in _figures.Where(f => f.Unit == unit && f.Value > 0 && f.Name.StartsWith(Ceiling, StringComparison.Ordinal)).ToList())
            Add("ratio to " + ceiling.Name[Ceiling.Length..], value / ceiling.Value, "");
    }

    public string ToTable()
    {
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"{Command}: {Machine.Cores} cores, load {Machine.LoadBefore:N1} before and {Machine.LoadAfter:N1} after");
        foreach (var figure in _figures) table.AppendLine(figure.ToLine());
        return table.ToString();
    }

    static double Rounded(double value) => Math.Round(value, Math.Abs(value) >= 1_000 ? 0 : 3);
}

/// <summary>One number with its unit, and whether it reached its target where it has one.</summary>
sealed record Figure(string Name, double Value, string Unit, double? Target = null, bool? Reached = null)
{
    public string ToLine()
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{Name,-46} {Value,14:N2} {Unit,-10}");
        return Target is { } target ? string.Create(CultureInfo.InvariantCulture, $"{line} target {target:N2}: {(Reached == true ? "reached" : "missed")}") : line.TrimEnd();
    }
}
