using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Perennial.Foundation.Hosting;

/// <summary>Where a process listens (section <c>Listen</c>).</summary>
public sealed class ListenOptions
{
    /// <summary>0 lets the system choose; -1 stands for the house's own default.</summary>
    [Range(-1, 65535)]
    public int Port { get; set; } = -1;

    /// <summary>Where a process that speaks HTTP/1.1 on <see cref="Port"/> takes gRPC (HTTP/2 without TLS); 0 lets the system choose. Houses have no use for it.</summary>
    [Range(0, 65535)]
    public int GrpcPort { get; set; } = 8081;

    /// <summary>127.0.0.1 unless told otherwise: nothing is reachable from outside by accident.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    public IPAddress ParseAddress() => IPAddress.TryParse(Address, out var ip) ? ip : throw new StartException($"Listen:Address '{Address}' is not an IP address; use 127.0.0.1 or 0.0.0.0.");
    public bool IsLoopback => IPAddress.TryParse(Address, out var ip) && IPAddress.IsLoopback(ip);
}

/// <summary>Where a house keeps its schema (section <c>Store</c>).</summary>
public sealed class StoreOptions
{
    /// <summary><c>sqlite</c> (one file per house below <see cref="Data"/>) or <c>sqlserver</c>.</summary>
    [RegularExpression("(?i)sqlite|sqlserver", ErrorMessage = "Store:Kind must be sqlite or sqlserver.")]
    public string Kind { get; set; } = "sqlite";

    /// <summary>Folder of the SQLite files.</summary>
    [Required]
    public string Data { get; set; } = "data";

    /// <summary>Connection string for <c>sqlserver</c>.</summary>
    public string Connection { get; set; } = "";

    /// <summary>
    /// <c>auto</c> applies migrations at start, <c>check</c> refuses to start while any is missing. Unset: auto on SQLite,
    /// check on SQL Server, where a DBA or the one-shot container runs <c>--migrate</c>.
    /// </summary>
    [RegularExpression("(?i)auto|check", ErrorMessage = "Store:Migrate must be auto or check.")]
    public string Migrate { get; set; } = "";

    public bool IsSqlServer => Kind.Equals("sqlserver", StringComparison.OrdinalIgnoreCase);
    public bool MigratesAtStart => Migrate.Length == 0 ? !IsSqlServer : Migrate.Equals("auto", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The clock of a process (section <c>Clock</c>).</summary>
public sealed class ClockOptions
{
    /// <summary>RFC 3339 instant at which the clock starts; empty for real time. For replays and demonstrations.</summary>
    public string Now { get; set; } = "";

    /// <summary>
    /// RFC 3339 real instant at which the clock showed <see cref="Now"/>; empty for the start of this process. Processes that work
    /// together share it: what one of them records must not lie in the future of another.
    /// </summary>
    public string Since { get; set; } = "";

    public TimeProvider Create()
    {
        if (Now.Length == 0) return TimeProvider.System;
        var since = Since.Length == 0 ? TimeSpan.Zero : TimeProvider.System.GetUtcNow() - Read(nameof(Since), Since);
        return new ShiftedTimeProvider(Read(nameof(Now), Now) + since);
    }

    static DateTimeOffset Read(string name, string text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw new StartException($"Clock:{name} '{text}' is not an instant; write it like 2011-12-09T23:59:59Z.");
}

/// <summary>Who may call (section <c>Access</c>).</summary>
public sealed class AccessOptions
{
    /// <summary>
    /// Shared secret of the houses and the gateway, at least 32 characters. Empty is allowed only on loopback: then every
    /// local caller counts as internal.
    /// </summary>
    [RegularExpression(".{32,}", ErrorMessage = "Access:ServiceToken must have 32 characters or more.")]
    public string ServiceToken { get; set; } = "";
}

/// <summary>Where the other houses are (section <c>Upstream</c>).</summary>
public sealed class UpstreamOptions
{
    [Required, Url] public string Ingestion { get; set; } = "http://127.0.0.1:5101";
    [Required, Url] public string Segmentation { get; set; } = "http://127.0.0.1:5102";
    [Required, Url] public string Engagement { get; set; } = "http://127.0.0.1:5103";
    [Required, Url] public string Campaigns { get; set; } = "http://127.0.0.1:5104";
}

/// <summary>A clock that starts at a given instant and then runs at the usual pace.</summary>
public sealed class ShiftedTimeProvider(DateTimeOffset start) : TimeProvider
{
    readonly long _started = System.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => start + System.GetElapsedTime(_started);
}

public static class CheckedOptions
{
    /// <summary>Binds a section, and fails the start with every violation at once.</summary>
    public static IServiceCollection AddCheckedOptions<T>(this IServiceCollection services, string section, Action<T>? after = null) where T : class
    {
        var options = services.AddOptions<T>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        if (after is not null) options.PostConfigure(after);
        return services;
    }

    /// <summary>The same, needed before the container exists.</summary>
    public static T Checked<T>(this IConfiguration configuration, string section) where T : class, new()
    {
        var value = new T();
        configuration.GetSection(section).Bind(value);
        var violations = new List<ValidationResult>();
        return Validator.TryValidateObject(value, new ValidationContext(value), violations, validateAllProperties: true)
            ? value
            : throw new StartException(string.Join(" ", violations.Select(v => v.ErrorMessage)));
    }
}
