using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;

namespace Perennial.Ingestion.Tests;

/// <summary>The program as a person starts it: what cannot start says why in one line and ends with 1.</summary>
public sealed class StartTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_busy_port()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        Assert.Contains(port, await FailAsync("--port", port, "--data", _folder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", Cancel);

        Assert.Contains("--data", await FailAsync("--port", "0", "--data", Path.Combine(file, "data")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_newer_than_the_program()
    {
        await MigrateAsync();
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "ingestion.db")};Pooling=False"))
        {
            await connection.OpenAsync(Cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO migration (number, name, hash, apply_time) VALUES (9999, '9999_future', 'x', 0)";
            await command.ExecuteNonQueryAsync(Cancel);
        }

        Assert.Contains("9999_future", await FailAsync("--port", "0", "--data", _folder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_number_of_partitions_than_the_log_was_started_with()
    {
        await using (var app = Program.Build(["--Listen:Port=0", $"--Store:Data={_folder}", "--Ingestion:Partitions=3"]))
        {
            await Program.House.StartAsync(app, Cancel);
            await app.StopAsync(Cancel);
        }

        var line = await FailAsync("--port", "0", "--data", _folder, "--Ingestion:Partitions=5");
        Assert.Equal("ingestion: Ingestion:Partitions is 5, but this log was started with 3 and keeps that number; set it to 3.", line);
    }

    [Fact]
    public async Task An_option_out_of_its_bounds()
        => Assert.Contains("Partitions must be between 1 and 64", await FailAsync("--port", "0", "--data", _folder, "--Ingestion:Partitions=65"), StringComparison.Ordinal);

    async Task MigrateAsync()
    {
        var (code, _, _) = await RunAsync("--migrate", "--data", _folder);
        Assert.Equal(0, code);
    }

    /// <summary>The one line that a failing start wrote.</summary>
    static async Task<string> FailAsync(params string[] args)
    {
        var (code, output, error) = await RunAsync(args);
        Assert.Equal(1, code);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        return Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, await output, await error);
    }
}
