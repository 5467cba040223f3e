using Perennial.Load.Log;
using static Perennial.Load.Arguments;

namespace Perennial.Load.Segmentation;

/// <summary>What one run does. Everything is bounded in time and count.</summary>
sealed record SegmentationSettings(string Mode)
{
    public const string Usage = """
        usage: Load segmentation MODE [options]
          --apply          catch up on a year of everything that happens in a shop
          --visible        events at --rate until GetCustomerLifecycle shows them
          --rebuild        build the store anew from five years of orders
          --lookup         GetCustomerLifecycle of random customers by --callers over --connections
          --counts         GetStageCounts of random past instants, GetStageFlows, ListCustomers
          --sweep          a midnight at which --due customers change, while events flow at --rate
          --idle           processor time while nothing happens
          --feed-only      how fast the log is that the harness serves, read by nobody but itself
          --customers N    of the log (1,000,000; apply, visible and feed-only: 50,000), up to 4,000,000
          --events N       events, or orders, in its history (5 a customer; apply, visible and feed-only: 40), up to 20,000,000
          --seed N         another log of the same shape (1)
          --due N          customers whose next change is at the midnight (20,000, or what 1/50 of the customers is)
          --rate N         events per second (visible: 5,000; sweep: 1,000)
          --callers N      calls in flight (64)
          --connections N  that the callers share, 1 to 16 (4)
          --duration 20s   measured time of each phase, up to 600s, after a warm-up of --warmup (10s)
          --compare        measure what the bare parts reach in the same run
          --sqlserver C    the store is the SQL Server database of this connection string: an empty one, or that of the kept store
          --data DIR       where the store lies while it runs (a temporary folder)
          --keep           leave the store there (DIR/perennial-load-segmentation), or use the one that is there; apply and rebuild replace it
          --json           one JSON document instead of a table
        """;

    const int MixCustomers = 50_000, MixEventsPerCustomer = 40, OrderCustomers = 1_000_000, OrdersPerCustomer = 5;
    const int CustomersMax = 4_000_000, EventsMax = 20_000_000, DueDefault = 20_000, DueShare = 50;
    static readonly string[] Modes = ["apply", "visible", "rebuild", "lookup", "counts", "sweep", "idle", "feed-only"];

    public int? Customers { get; init; }
    public int? Events { get; init; }
    public int Seed { get; init; } = 1;
    public int? Due { get; init; }
    public int Rate { get; init; } = Mode == "sweep" ? 1_000 : 5_000;
    public int Callers { get; init; } = 64;
    public int Connections { get; init; } = 4;
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);
    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(10);
    public bool Compare { get; init; }
    public string? SqlServer { get; init; }
    public string Data { get; init; } = Path.GetTempPath();
    public bool Keep { get; init; }
    public bool Json { get; init; }

    /// <summary>Whether the mode is about orders of years, not about a year of everything.</summary>
    public bool OrdersOnly => Mode is not ("apply" or "visible" or "feed-only");

    /// <summary>The modes that measure how a store comes to be start without one.</summary>
    public bool StartsEmpty => Mode is "apply" or "rebuild";

    /// <summary>The log of a store that is built in this run.</summary>
    public LogSpec ToLog()
    {
        var customers = Customers ?? (OrdersOnly ? OrderCustomers : MixCustomers);
        var events = Events ?? (int)Math.Min(EventsMax, (long)customers * (OrdersOnly ? OrdersPerCustomer : MixEventsPerCustomer));
        var due = Due ?? Math.Min(DueDefault, customers / DueShare);
        if (OrdersOnly && (long)due * LogSpec.SaleDays >= customers) throw new ArgumentException($"--due {due} on {LogSpec.SaleDays} days takes more customers than there are");
        if (OrdersOnly && events < customers) throw new ArgumentException("--events must be --customers or more: each has an order");
        return new LogSpec(OrdersOnly, customers, events, Seed, due);
    }

    /// <exception cref="ArgumentException">Names what is wrong.</exception>
    public static SegmentationSettings Parse(string[] args)
    {
        if (args is not ["segmentation", ['-', '-', .. var mode], ..] || !Modes.Contains(mode)) throw new ArgumentException($"segmentation takes one of --{string.Join(", --", Modes)}");
        var settings = new SegmentationSettings(mode);
        for (var i = 2; i < args.Length; i++)
        {
            var name = args[i];
            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{name} needs a value");
            settings = name switch
            {
                "--customers" => settings with { Customers = (int)Number(name, Value(), 100, CustomersMax) },
                "--events" => settings with { Events = (int)Number(name, Value(), 1_000, EventsMax) },
                "--seed" => settings with { Seed = (int)Number(name, Value(), 0, int.MaxValue) },
                "--due" => settings with { Due = (int)Number(name, Value(), 1, 500_000) },
                "--rate" => settings with { Rate = (int)Number(name, Value(), 100, 100_000) },
                "--callers" => settings with { Callers = (int)Number(name, Value(), 1, 1_000) },
                "--connections" => settings with { Connections = (int)Number(name, Value(), 1, 16) },
                "--duration" => settings with { Duration = Seconds(name, Value()) },
                "--warmup" => settings with { Warmup = Seconds(name, Value()) },
                "--compare" => settings with { Compare = true },
                "--sqlserver" => settings with { SqlServer = Value() },
                "--data" => settings with { Data = Value() },
                "--keep" => settings with { Keep = true },
                "--json" => settings with { Json = true },
                _ => throw new ArgumentException($"{name} is no option"),
            };
        }
        return settings;
    }
}
