using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests;

/// <summary>The house as it runs, on a SQLite file of its own, behind its real door. Its clock starts at <see cref="Some.Instant"/>.</summary>
sealed class IngestionHouse : IAsyncDisposable
{
    public const string Shop = "corner-shop";

    readonly string _folder;

    IngestionHouse(WebApplication app, string folder, Complaints complaints)
    {
        (App, _folder, Complaints) = (app, folder, complaints);
        Channel = GrpcChannel.ForAddress(app.Urls.Single());
        Client = new IngestionService.IngestionServiceClient(Channel);
    }

    public WebApplication App { get; }
    public GrpcChannel Channel { get; }
    public IngestionService.IngestionServiceClient Client { get; }

    /// <summary>What it logged as a warning or worse. A test that ends with any fails, unless it takes them.</summary>
    public Complaints Complaints { get; }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>With shop <see cref="Shop"/>.</summary>
    public static async Task<IngestionHouse> StartAsync(params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
        var app = Program.Build(["--Listen:Port=0", "--Logging:Console:LogLevel:Default=None", $"--Store:Data={folder}", $"--Clock:Now={Some.Instant:O}", .. settings]);
        var complaints = new Complaints();
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(complaints);
        await Program.House.StartAsync(app, Cancel);
        var house = new IngestionHouse(app, folder, complaints);
        await house.CreateShopAsync(Shop);
        return house;
    }

    public async Task CreateShopAsync(string shop)
        => await Client.CreateShopAsync(Some.NewShop(shop), cancellationToken: Cancel);

    public async Task<RecordEventsResponse> RecordAsync(params Event[] events)
        => await Client.RecordEventsAsync(new RecordEventsRequest { Shop = Shop, Events = { events } }, cancellationToken: Cancel);

    /// <summary>What customers did, in pages so small that there are several.</summary>
    public Task<List<RecordedEvent>> ReadAllAsync(string shop = "") => Client.ReadAllAsync(shop, pageSize: 7);

    /// <summary>Takes the file's write lock, as a long writer of another process would; commits wait until it is disposed.</summary>
    public async Task<IAsyncDisposable> HoldAsync()
    {
        var connection = await OpenFileAsync();
        await ExecuteAsync(connection, "BEGIN IMMEDIATE");
        return connection;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenFileAsync();
        await ExecuteAsync(connection, sql);
    }

    async Task<SqliteConnection> OpenFileAsync()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "ingestion.db")};Pooling=False");
        await connection.OpenAsync(Cancel);
        return connection;
    }

    static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>The refusal's status and reason, with its metadata.</summary>
    public static async Task<(StatusCode Code, string Reason, IReadOnlyDictionary<string, string> Metadata)> RefusalAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        var reason = Errors.Reason(error);
        return (error.StatusCode, reason?.Reason ?? "", reason?.Metadata ?? new Dictionary<string, string>());
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await App.StopAsync(CancellationToken.None);
        await App.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        Assert.Empty(Complaints.Take());
    }
}

/// <summary>Log lines, each with its number.</summary>
sealed class Complaints : ILoggerProvider, ILogger
{
    readonly ConcurrentQueue<string> _lines = new();

    /// <summary>What came since the last call.</summary>
    public List<string> Take()
    {
        var taken = new List<string>();
        while (_lines.TryDequeue(out var line)) taken.Add(line);
        return taken;
    }

    public ILogger CreateLogger(string categoryName) => this;
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) _lines.Enqueue($"{eventId.Id} {formatter(state, exception)}");
    }

    public void Dispose() { }
}
