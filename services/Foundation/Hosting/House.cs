using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Sql;

namespace Perennial.Foundation.Hosting;

/// <summary>
/// What every process of the platform stands on: configuration, listening, clock, store, telemetry, health, and one
/// clear line with a non-zero exit code when it cannot start.
/// </summary>
/// <param name="Name">Lower case; names the schema, the SQLite file and the metrics.</param>
/// <param name="Port">The port it listens on unless told otherwise.</param>
/// <param name="Home">The assembly that holds its migrations.</param>
public sealed record House(string Name, int Port, Assembly Home)
{
    /// <summary>Short command-line names of settings that people type.</summary>
    public static IReadOnlyDictionary<string, string> Switches { get; } = new Dictionary<string, string>
    {
        ["--port"] = "Listen:Port",
        ["--grpc-port"] = "Listen:GrpcPort",
        ["--store"] = "Store:Kind",
        ["--data"] = "Store:Data",
        ["--connection"] = "Store:Connection",
        ["--now"] = "Clock:Now",
    };

    /// <summary>Settings come from environment variables <c>PERENNIAL_Section__Name</c>, then from the command line.</summary>
    public WebApplicationBuilder CreateBuilder(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        // No appsettings.json, no static assets by accident: what counts is options, environment and arguments.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = Home.GetName().Name });
        AddSettings(builder.Configuration, args);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"))
            .AddSimpleConsole(console => { console.SingleLine = true; console.TimestampFormat = "HH:mm:ss.fff "; });
        if (builder.Configuration["Logging:LogLevel:Default"] is null)
            builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("Yarp", LogLevel.Warning);

        // What keeps a house from starting is said once, by RunAsync, in one line; until it has started these would add stack traces.
        var phase = new StartPhase();
        builder.Services.AddSingleton(phase);
        foreach (var category in (string[])["Microsoft.Extensions.Hosting.Internal.Host", "Microsoft.AspNetCore.Server.Kestrel"])
            builder.Logging.AddFilter(category, level => phase.Over && level >= LogLevel.Warning);

        builder.Services.AddCheckedOptions<ListenOptions>("Listen", listen => listen.Port = listen.Port < 0 ? Port : listen.Port);
        builder.Services.AddCheckedOptions<StoreOptions>("Store");
        builder.Services.AddCheckedOptions<ClockOptions>("Clock");
        builder.Services.AddCheckedOptions<AccessOptions>("Access");
        builder.Services.AddCheckedOptions<UpstreamOptions>("Upstream");
        var listen = builder.Configuration.Checked<ListenOptions>("Listen");
        var access = builder.Configuration.Checked<AccessOptions>("Access");
        if (!listen.IsLoopback && access.ServiceToken.Length == 0)
            throw new StartException($"would listen on {listen.Address} without a service token; set PERENNIAL_Access__ServiceToken (32 characters or more), or listen on 127.0.0.1.");

        builder.Services.AddSingleton<TimeProvider>(builder.Configuration.Checked<ClockOptions>("Clock").Create());
        builder.Services.AddSingleton(this);
        builder.Services.AddSingleton(services => Database.Create(Name, services.GetRequiredService<Microsoft.Extensions.Options.IOptions<StoreOptions>>().Value));
        builder.Services.AddSingleton<HealthState>();
        builder.Services.AddSingleton<Channels>();
        builder.Services.AddRouting();
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 8 * 1024 * 1024;
            kestrel.Limits.Http2.InitialStreamWindowSize = 4 * 1024 * 1024;
            // Without TLS nothing negotiates the protocol, so a process that speaks both needs a port for each.
            var both = Protocols == HttpProtocols.Http1AndHttp2;
            kestrel.Listen(listen.ParseAddress(), listen.Port < 0 ? Port : listen.Port, endpoint => endpoint.Protocols = both ? HttpProtocols.Http1 : Protocols);
            if (both) kestrel.Listen(listen.ParseAddress(), listen.GrpcPort, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(15));
        builder.Services.AddTelemetry(this, builder.Configuration);
        // Inside another process that process handles signals and stops the houses in order.
        if (builder.Configuration.GetValue<bool>("Hosting:Embedded")) builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        return builder;
    }

    /// <summary>Houses speak HTTP/2 only; the gateway speaks both: HTTP/1.1 on its port, HTTP/2 on <see cref="ListenOptions.GrpcPort"/>.</summary>
    public HttpProtocols Protocols { get; init; } = HttpProtocols.Http2;

    /// <summary>
    /// Runs a process to its end. <c>--migrate</c> brings the schema up to date and ends; <c>--health</c> asks the running
    /// process for its health and ends with 0 when it serves.
    /// </summary>
    public async Task<int> RunAsync(string[] args, Func<string[], WebApplication> build)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(build);
        try
        {
            if (args.Contains("--health")) return await HealthProbe.RunAsync(this, Without(args, "--health"));
            await using var app = build(Without(args, "--migrate"));
            if (args.Contains("--migrate"))
            {
                var applied = await Migrator.ApplyAsync(app.Services.GetRequiredService<Database>(), Home, CancellationToken.None);
                await Console.Out.WriteLineAsync($"{Name}: {applied} migrations applied, schema up to date.");
                return 0;
            }
            await StartAsync(app);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception e) when (Explain(e) is { } line)
        {
            await Console.Error.WriteLineAsync($"{Name}: {line}");
            return 1;
        }
    }

    /// <summary>Prepares the store, then listens.</summary>
    /// <exception cref="StartException">When it cannot, with the remedy.</exception>
    public async Task StartAsync(WebApplication app, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(app);
        try
        {
            var store = app.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<StoreOptions>>().Value;
            var database = app.Services.GetRequiredService<Database>();
            if (store.MigratesAtStart) await Migrator.ApplyAsync(database, Home, cancellation);
            else await Migrator.CheckAsync(database, Home, cancellation);
            await app.StartAsync(cancellation);
            app.Services.GetRequiredService<StartPhase>().Over = true;
        }
        catch (Exception e) when (e is not StartException && Explain(e) is { } line)
        {
            throw new StartException(line, e);
        }
    }

    /// <summary>The one line a person needs, or null for a fault that deserves its stack trace.</summary>
    public static string? Explain(Exception error) => error switch
    {
        StartException e => e.Message,
        Microsoft.Extensions.Options.OptionsValidationException e => string.Join(" ", e.Failures),
        IOException { InnerException: AddressInUseException } e => e.Message.Trim().TrimEnd('.') + "; end the other program or choose another port with --port.",
        UnauthorizedAccessException e => e.Message,
        System.Data.Common.DbException e => "the store does not answer: " + e.Message,
        AggregateException { InnerExceptions.Count: 1 } e => Explain(e.InnerException!),
        _ => null,
    };

    internal static void AddSettings(IConfigurationBuilder configuration, string[] args)
        => configuration.AddEnvironmentVariables("PERENNIAL_").AddCommandLine(Flags(args), Switches.ToDictionary());

    static string[] Without(string[] args, string flag) => [.. args.Where(a => a != flag)];

    // The command-line provider wants values; a bare flag at the end would be dropped silently.
    static string[] Flags(string[] args) => [.. args.Select((a, i) => a.StartsWith("--", StringComparison.Ordinal) && !a.Contains('=', StringComparison.Ordinal) && (i + 1 == args.Length || args[i + 1].StartsWith("--", StringComparison.Ordinal)) ? a + "=true" : a)];
}

/// <summary>Whether a process has come up.</summary>
sealed class StartPhase
{
    public volatile bool Over;
}

sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A start that cannot succeed as things are. The message names the thing and the remedy.</summary>
public sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
