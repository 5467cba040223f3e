using System.Globalization;
using System.Text;

namespace Perennial.Load;

/// <summary>What a run found. Rates are events per second, shares of a ceiling 0 to 1, times milliseconds, memory megabytes.</summary>
sealed record Report(string Command, Machine Machine, double EventBytes)
{
    /// <summary>Events acknowledged (or read) per second; after a preload, measured again.</summary>
    public double Rate { get; set; }
    public double? RateAfterPreload { get; set; }
    public double? RateKept { get; set; }
    public double? PreloadRate { get; set; }
    public long Events { get; set; }
    public Pace? Latency { get; set; }
    public double? CeilingRate { get; set; }
    public double? Ratio { get; set; }
    public double? EchoRate { get; set; }
    public double? EchoRatio { get; set; }
    /// <summary>Processor time of the service per event, in microseconds: says the same on a busy machine.</summary>
    public double ServiceMicros { get; set; }
    public double? ServiceMicrosAfterPreload { get; set; }
    /// <summary>Processor time of the insert loop per row, in microseconds.</summary>
    public double? CeilingMicros { get; set; }
    public double ServiceCores { get; set; }
    public double? GatewayCores { get; set; }
    public double ClientCores { get; set; }
    public Memory? ServiceMemory { get; set; }
    public Memory? GatewayMemory { get; set; }
    public double ClientMemory { get; set; }

    public string ToTable()
    {
        var table = new StringBuilder();
        void Line(string name, double? value, string unit)
        {
            if (value is { } number) table.AppendLine(CultureInfo.InvariantCulture, $"{name,-28} {number,14:N2} {unit}");
        }
        table.AppendLine(CultureInfo.InvariantCulture, $"{Command}: {Machine.Cores} cores, load {Machine.LoadBefore:N1} before and {Machine.LoadAfter:N1} after, {EventBytes:N0} bytes an event");
        Line("rate", Rate, "events/s");
        Line("preload rate", PreloadRate, "events/s");
        Line("rate after preload", RateAfterPreload, "events/s");
        Line("kept", RateKept, "of the first rate");
        Line("ceiling: bare insert loop", CeilingRate, "events/s");
        Line("ratio", Ratio, "of the insert loop");
        Line("ceiling: bare gRPC echo", EchoRate, "events/s");
        Line("ratio", EchoRatio, "of the echo");
        Line("latency at", Latency?.EventsPerSecond, "events/s");
        Line("  p50", Latency?.P50, "ms");
        Line("  p90", Latency?.P90, "ms");
        Line("  p99", Latency?.P99, "ms");
        Line("  p99.9", Latency?.P999, "ms");
        Line("  max", Latency?.Max, "ms");
        Line("service", ServiceCores, "cores");
        Line("  processor", ServiceMicros, "us an event");
        Line("  after preload", ServiceMicrosAfterPreload, "us an event");
        Line("  bare insert loop", CeilingMicros, "us a row");
        Line("gateway", GatewayCores, "cores");
        Line("client", ClientCores, "cores");
        Line("service memory", ServiceMemory?.Resident, "MB");
        Line("  highest", ServiceMemory?.Highest, "MB");
        Line("  of it mapped files", ServiceMemory?.MappedFiles, "MB");
        Line("gateway memory", GatewayMemory?.Resident, "MB");
        Line("client memory", ClientMemory, "MB");
        Line("events in the log", Events, "");
        return table.ToString();
    }
}

/// <summary>The load average says who else used the machine.</summary>
sealed record Machine(int Cores, double LoadBefore, double LoadAfter)
{
    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
}

/// <summary>Latencies of calls at a rate, from when each should have begun.</summary>
sealed record Pace(double EventsPerSecond, double P50, double P90, double P99, double P999, double Max)
{
    public static Pace Of(Latencies latencies, double eventsPerSecond) => new(Math.Round(eventsPerSecond), latencies.Millis(0.5), latencies.Millis(0.9), latencies.Millis(0.99), latencies.Millis(0.999), latencies.Millis(1));
}
