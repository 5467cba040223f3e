using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Perennial.AllInOne.Import;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Tests.Import;

/// <summary>Imports that are interrupted: nothing is lost, nothing is doubled, nothing is counted twice.</summary>
public sealed class ResumeTests : IDisposable
{
    const int Rows = 40_000;
    const string Shop = "winkel";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("csv")]
    [InlineData("ndjson")]
    public async Task Killed_in_the_middle_and_run_again_it_goes_on(string format)
    {
        var file = format == "csv"
            ? Write("orders.csv", Enumerable.Range(0, Rows).Select(i => $"o{i},c{i % 5_000},2026-01-10,A,1,10.00").Prepend("order_id,customer_id,order_time,product_id,quantity,unit_price"))
            : Write("events.ndjson", Enumerable.Range(0, Rows).Select(i => $$$"""{"type":"track","event":"Order Completed","userId":"c{{{i % 5_000}}}","timestamp":"2026-01-10T00:00:00Z","properties":{"order_id":"o{{{i}}}","total":10}}"""));
        string[] command = ["import", file, "--shop", Shop, "--data", Data, "--import-id", "history"];
        var last = 0L;
        foreach (var percent in (int[])[10, 35, 60, 80])
        {
            var stood = await KilledAtAsync(command, Rows * percent / 100);
            Assert.InRange(stood, last, Rows - 1);
            last = stood;
        }
        var (code, output, error) = await Run.AsyncWith(command);
        Assert.True(code == 0, error);
        Assert.Contains("0 had been before, 0 refused", output, StringComparison.Ordinal);

        var import = await LogOf.ImportAsync(Data, Shop, "history");
        Assert.Equal((true, Rows, 0, 0), (import.Done, import.RecordedCount, import.DuplicateCount, import.RefusedCount));
        Assert.Equal(Rows, import.Facts["rows"]);
        var events = await LogOf.ReadAsync(Data, Shop);
        Assert.Equal(Rows, events.Count);
        Assert.Equal(Rows, events.DistinctBy(e => e.Event.OrderCompleted.OrderId).Count());
    }

    [Fact]
    public async Task Stopped_by_its_user_and_run_again_it_goes_on()
    {
        string[] command = ["import", Write("events.ndjson", Enumerable.Range(0, Rows).Select(i => $$$"""{"messageId":"m{{{i}}}","userId":"c","pageViewed":{}}""")), "--shop", Shop, "--data", Data, "--import-id", "history"];
        var (stopped, _, error) = await Run.UntilAsync("Importing events", command);
        Assert.Equal((1, "perennial: stopped."), (stopped, error.Trim()));
        var (code, output, _) = await Run.AsyncWith(command);
        Assert.Equal(0, code);
        Assert.Contains("40,000 events recorded, 0 had been before, 0 refused", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_standard_input_and_gzip_and_knows_it_again()
    {
        for (var run = 0; run < 2; run++)
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "import", "-", "--shop", Shop, "--data", Data]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            await using (var gzip = new GZipStream(process.StandardInput.BaseStream, CompressionMode.Compress)) await gzip.WriteAsync("order_id,customer_id,order_time,total\n1,alice,2026-01-10,5\n"u8.ToArray(), Cancel);
            var output = await process.StandardOutput.ReadToEndAsync(Cancel);
            await process.WaitForExitAsync(Cancel);
            Assert.Equal(0, process.ExitCode);
            Assert.Matches($"Import 'standard-input-[0-9a-f]{{12}}': 1 events recorded, 0 had been before, 0 refused; this run sent {1 - run} ", output);
        }
    }

    [Fact]
    public async Task A_damaged_file_of_events_is_recorded_as_far_as_it_goes()
    {
        var whole = new MemoryStream();
        await using (var gzip = new GZipStream(whole, CompressionMode.Compress, leaveOpen: true))
        {
            for (var i = 0; i < 20_000; i++) await gzip.WriteAsync(System.Text.Encoding.UTF8.GetBytes($$$"""{"messageId":"{{{Guid.NewGuid()}}}","userId":"c","pageViewed":{}}""" + "\n"), Cancel);
        }
        var path = Path.Combine(_folder, "events.ndjson.gz");
        await File.WriteAllBytesAsync(path, whole.ToArray()[..(int)(whole.Length / 2)], Cancel);
        var lines = await WholeLinesAsync(path);
        var (code, _, error) = await Run.AsyncWith("import", path, "--shop", Shop, "--data", Data);
        Assert.Equal(1, code);
        Assert.Matches($"line {lines + 1}: is not JSON|the file cannot be read after line {lines}", error);
        Assert.Equal(lines, (await LogOf.ReadAsync(Data, Shop)).Count);
    }

    /// <summary>How many lines can be got out of a damaged file whole.</summary>
    static async Task<int> WholeLinesAsync(string path)
    {
        await using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var (buffer, lines) = (new byte[8_192], 0);
        try
        {
            for (int read; (read = await gzip.ReadAsync(buffer, Cancel)) > 0;) lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }
        catch (InvalidDataException)
        {
            // That it is damaged is what is wanted.
        }
        return lines;
    }

    [Fact]
    public async Task A_service_that_goes_away_is_waited_for()
    {
        var port = FreePort();
        using var gate = new ManualResetEventSlim();
        var source = new GatedSource(chunks: 20, stopAt: 8, gate);
        using var door = new ImportDoor(new Uri($"http://127.0.0.1:{port}"), "none");
        var app = await StartIngestionAsync(port);
        await door.Ingestion.CreateShopAsync(new CreateShopRequest { Shop = Shop, TimeZone = "UTC", CurrencyCode = "EUR" }, cancellationToken: Cancel);
        var sending = Task.Run(() => new ImportStream(door.Ingestion, new ImportName(Shop, "history", "a source", true)).SendAsync(source, _ => { }, Cancel), Cancel);
        await source.Reached.Task.WaitAsync(Patience, Cancel);

        await app.StopAsync(Cancel);
        await app.DisposeAsync();
        app = await StartIngestionAsync(port);
        gate.Set();
        var import = await sending;
        Assert.Equal((true, 20, 20, 0, 20), (import.Done, import.Checkpoint, import.RecordedCount, import.DuplicateCount, import.Facts["rows"]));
        await app.StopAsync(Cancel);
        await app.DisposeAsync();
    }

    /// <summary>Runs the program until its import stands at a checkpoint, kills it, and answers where the import stands.</summary>
    async Task<long> KilledAtAsync(string[] command, long checkpoint)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. command]) { RedirectStandardOutput = true })!;
        var waited = Stopwatch.StartNew();
        while (await StandsAtAsync() < checkpoint)
        {
            Assert.False(process.HasExited, "the import ended before it could be killed");
            Assert.True(waited.Elapsed < Patience, "the import does not come so far");
            await Task.Delay(5, Cancel);
        }
        process.Kill();
        await process.WaitForExitAsync(Cancel);
        return await StandsAtAsync();
    }

    async Task<long> StandsAtAsync()
    {
        var path = Path.Combine(Data, "ingestion.db");
        if (!File.Exists(path)) return 0;
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT source_checkpoint FROM import_run WHERE import_id = 'history'";
        try
        {
            return await command.ExecuteScalarAsync(Cancel) is long checkpoint ? checkpoint : 0;
        }
        catch (SqliteException)
        {
            // The schema is in the making.
            return 0;
        }
    }

    async Task<WebApplication> StartIngestionAsync(int port)
    {
        var app = Ingestion.Program.Build([$"--Listen:Port={port.ToString(CultureInfo.InvariantCulture)}", $"--Store:Data={Data}", "--Logging:LogLevel:Default=None"]);
        await Ingestion.Program.House.StartAsync(app, Cancel);
        return app;
    }

    static int FreePort()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    string Write(string name, IEnumerable<string> lines)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }

    /// <summary>Chunks of one event each. Before one of them it tells that it is there, and waits.</summary>
    sealed class GatedSource(int chunks, int stopAt, ManualResetEventSlim gate) : IImportSource
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IEnumerable<SourceChunk> From(long checkpoint)
        {
            for (var i = (int)checkpoint; i < chunks; i++)
            {
                if (i == stopAt)
                {
                    Reached.TrySetResult();
                    gate.Wait(Patience);
                }
                var e = new Event { MessageId = $"m{i}", UserId = "alice", Timestamp = DateTimeOffset.UnixEpoch.ToTimestamp(), PageViewed = new PageViewed() };
                yield return new SourceChunk(new ImportChunk { Checkpoint = i, NextCheckpoint = i + 1, Events = { e }, Facts = { ["rows"] = 1 }, Done = i + 1 == chunks }, i + 1, (i + 1.0) / chunks);
            }
        }
    }
}
