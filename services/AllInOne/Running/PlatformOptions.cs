using System.Globalization;

namespace Perennial.AllInOne.Running;

/// <summary>The options by which a person says how the platform is to run.</summary>
internal static class PlatformOptions
{
    const int PortMax = 65_535;

    public static IReadOnlyList<Option> Store { get; } = [new("--store"), new("--connection")];

    /// <exception cref="UsageException">When a value is none.</exception>
    public static PlatformSettings Read(CommandLine line) => new()
    {
        Data = line.Value("--data") ?? "data",
        Connection = ReadConnection(line),
        Now = line.Value("--now") is { } now ? ReadInstant(now) : null,
        Port = line.Value("--port") is { } port ? ReadPort(port) : null,
        ChoosesPorts = line.Value("--port") == "0",
    };

    static string ReadConnection(CommandLine line) => (line.Value("--store")?.ToLowerInvariant(), line.Value("--connection")) switch
    {
        (null or "sqlite", null) => "",
        ("sqlserver", { Length: > 0 } connection) => connection,
        ("sqlserver", _) => throw new UsageException("--store sqlserver needs --connection 'Server=...;Database=...;...'."),
        (null or "sqlite", _) => throw new UsageException("--connection goes with --store sqlserver."),
        var (store, _) => throw new UsageException($"--store '{store}' is neither sqlite nor sqlserver."),
    };

    static DateTimeOffset ReadInstant(string text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw new UsageException($"--now '{text}' is not an instant; write it like 2011-12-09T23:59:59Z.");

    static int ReadPort(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= PortMax
            ? port
            : throw new UsageException($"--port '{text}' is not a port; write 0 to {PortMax}.");
}
