using static Perennial.Load.Arguments;

namespace Perennial.Load;

/// <summary>What one run does. Everything is bounded in time and count.</summary>
sealed record Settings
{
    public const string Usage = """
        usage: Load ingestion [--batch N | --unary | --feed | --gateway] [options]
          --batch N       events per call (500)
          --unary         one event per call from 64 callers
          --feed          a reader that starts at 0 of --preload events
          --gateway       JSON batches of 100 through the gateway
          --visitors      anonymous visitors, half of them new in each call, instead of a million known customers
          --callers N     calls in flight (batch: 4, unary: 64, gateway: 8)
          --duration 20s  measured time of each phase, up to 600s, after a warm-up of --warmup (10s)
          --rate N        events per second of the latency phase (80 % of the rate that the first phase reached)
          --preload N     events recorded between a first and a second measurement, up to 100,000,000; with --feed: before reading
          --compare       measure the bare ceilings in the same run: gRPC echo of the same calls, insert loop of the same rows
          --data DIR      where the store lies while it runs (a temporary folder; removed afterwards)
          --json          one JSON document instead of a table
        """;

    public string Mode { get; init; } = "batch";
    public int Batch { get; init; } = 500;
    public int Callers { get; init; } = 4;
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);
    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(10);
    public double Rate { get; init; }
    public long Preload { get; init; }
    public bool Compare { get; init; }
    public bool Visitors { get; init; }
    public bool Json { get; init; }
    public string Data { get; init; } = Path.GetTempPath();

    /// <exception cref="ArgumentException">Names what is wrong.</exception>
    public static Settings Parse(string[] args)
    {
        if (args is not ["ingestion", ..]) throw new ArgumentException("the first word names what to load: ingestion");
        var settings = new Settings();
        int? callers = null;
        for (var i = 1; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");
            settings = args[i] switch
            {
                "--batch" => settings with { Mode = "batch", Batch = (int)Number("--batch", Value(), 1, 2_500) },
                "--unary" => settings with { Mode = "unary", Batch = 1, Callers = 64 },
                "--feed" => settings with { Mode = "feed" },
                "--gateway" => settings with { Mode = "gateway", Batch = 100, Callers = 8 },
                "--callers" => settings with { Callers = (callers = (int)Number("--callers", Value(), 1, 1_000)).Value },
                "--duration" => settings with { Duration = Seconds("--duration", Value()) },
                "--warmup" => settings with { Warmup = Seconds("--warmup", Value()) },
                "--rate" => settings with { Rate = Number("--rate", Value(), 1, 10_000_000) },
                "--preload" => settings with { Preload = Number("--preload", Value(), 0, 100_000_000) },
                "--visitors" => settings with { Visitors = true },
                "--compare" => settings with { Compare = true },
                "--json" => settings with { Json = true },
                "--data" => settings with { Data = Value() },
                var other => throw new ArgumentException($"{other} is no option"),
            };
        }
        if (settings is { Mode: "feed", Preload: 0 }) settings = settings with { Preload = 1_000_000 };
        return callers is { } n ? settings with { Callers = n } : settings;
    }
}
