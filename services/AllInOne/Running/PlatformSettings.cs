using System.Globalization;
using System.Security.Cryptography;

namespace Perennial.AllInOne.Running;

/// <summary>How a platform in this process is to run.</summary>
internal sealed record PlatformSettings
{
    const int TokenBytes = 32;

    // All houses' clocks begin here, whenever each of them is built.
    readonly DateTimeOffset _since = TimeProvider.System.GetUtcNow();

    /// <summary>Folder of the SQLite files; empty with SQL Server.</summary>
    public string Data { get; init; } = "";

    /// <summary>SQL Server for every house, each in its own schema; empty for SQLite.</summary>
    public string Connection { get; init; } = "";

    /// <summary>Where every clock starts; null for real time.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>The gateway's port for JSON; null for its default, 0 lets the system choose.</summary>
    public int? Port { get; init; }

    /// <summary>True where the system chooses the port of every house and of gRPC, so that several platforms can run.</summary>
    public bool ChoosesPorts { get; init; }

    /// <summary>True when a person reads standard output as it comes; false when it belongs to a document.</summary>
    public bool LogsToStandardError { get; init; }

    /// <summary>What is logged: quiet for a demo, informative for a service.</summary>
    public string LogLevel { get; init; } = "Warning";

    /// <summary>Known to this process only, new at every start.</summary>
    public string ServiceToken { get; } = RandomNumberGenerator.GetHexString(TokenBytes * 2, lowercase: true);

    /// <summary>The arguments of one house.</summary>
    public string[] Arguments(int? port, params ReadOnlySpan<string> more) =>
    [
        "--Hosting:Embedded=true",
        $"--Access:ServiceToken={ServiceToken}",
        $"--Logging:LogLevel:Default={LogLevel}",
        "--Logging:LogLevel:Microsoft=Warning",
        "--Logging:LogLevel:Grpc=Warning",
        "--Logging:LogLevel:Yarp=Warning",
        // Whoever holds the data folder is all there is of the platform that held it before.
        "--Feed:Instance=all-in-one",
        .. LogsToStandardError ? ["--Logging:Console:LogToStandardErrorThreshold=Trace"] : (string[])[],
        .. port is { } p ? [$"--Listen:Port={p.ToString(CultureInfo.InvariantCulture)}"] : (string[])[],
        .. Now is { } now ? [$"--Clock:Now={Rfc3339(now)}", $"--Clock:Since={Rfc3339(_since)}"] : (string[])[],
        .. Connection.Length > 0 ? ["--Store:Kind=sqlserver", $"--Store:Connection={Connection}", "--Store:Migrate=auto"] : (string[])["--Store:Kind=sqlite", $"--Store:Data={Data}"],
        .. more,
    ];

    static string Rfc3339(DateTimeOffset instant) => instant.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
