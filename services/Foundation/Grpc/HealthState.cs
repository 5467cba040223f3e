using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace Perennial.Foundation.Grpc;

/// <summary>What a process knows about its own health: which services it serves, what could be wrong, and whether it is stopping.</summary>
public sealed class HealthState(IHostApplicationLifetime lifetime)
{
    /// <summary>The name that stands for the whole server in grpc.health.v1.</summary>
    public const string WholeServer = "";

    readonly ConcurrentDictionary<string, bool> _services = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<(string Name, Func<string?> Problem)> _checks = new();

    /// <summary>True from the first moment of a shutdown, so that balancers look elsewhere while calls drain.</summary>
    public bool Stopping => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Cancelled when <see cref="Stopping"/> becomes true.</summary>
    public CancellationToken StoppingToken => lifetime.ApplicationStopping;

    /// <summary>Full proto names of the registered services, sorted.</summary>
    public IReadOnlyList<string> Services => [.. _services.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The first problem, prefixed by the name of its check, or null when all is well.</summary>
    public string? Problem => _checks.Select(Ask).FirstOrDefault(problem => problem is not null);

    /// <param name="service">Full proto name, for example <c>perennial.ingestion.v1.IngestionService</c>.</param>
    public void Register(string service) => _services[service] = true;

    /// <summary>
    /// Adds something that can be wrong. <paramref name="problem"/> answers null when it is well, else what is wrong in
    /// words. It is asked about once a second for every watcher, from any thread: it must be quick and must not do I/O.
    /// </summary>
    public void AddCheck(string name, Func<string?> problem) => _checks.Enqueue((name, problem));

    public bool Knows(string service) => service is WholeServer || _services.ContainsKey(service);

    // A check that cannot be asked is a problem like any other, not a fault of the one who asks.
    static string? Ask((string Name, Func<string?> Problem) check)
    {
        try
        {
            return check.Problem() is { } problem ? $"{check.Name}: {problem}" : null;
        }
        catch (Exception e)
        {
            return $"{check.Name}: the check failed: {e.Message}";
        }
    }
}
