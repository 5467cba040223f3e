using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Perennial.AllInOne.Running;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Tests.Running;

/// <summary>Starts that cannot succeed: one line each, and nothing left running.</summary>
public sealed class StartTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("serve", "unknown command 'serve'; write demo, import, migrate, or no command.")]
    [InlineData("--dta x", "unknown option '--dta'")]
    [InlineData("demo extra", "demo: 'extra' is not understood")]
    [InlineData("demo --as-of 2011-02-30", "--as-of '2011-02-30' is not a date; write it like 2011-06-30.")]
    [InlineData("--now yesterday", "--now 'yesterday' is not an instant")]
    [InlineData("--port 70000", "--port '70000' is not a port")]
    [InlineData("--store oracle", "--store 'oracle' is neither sqlite nor sqlserver.")]
    [InlineData("--store sqlserver", "--store sqlserver needs --connection")]
    [InlineData("import", "write import FILE --shop ID")]
    [InlineData("import orders.csv", "--shop ID is needed")]
    [InlineData("import orders.csv --shop s --map x", "--map 'x' is neither COLUMN=FIELD nor a mapping file")]
    [InlineData("import orders.csv --shop s --map a=total --map b=total", "--map names two columns for total: 'a', 'b'.")]
    [InlineData("import orders.csv --shop s --time-zone Mars", "--time-zone 'Mars' is not a time zone")]
    public async Task Says_in_one_line_how_it_was_called_wrongly(string args, string expected)
    {
        var (code, _, error) = await Run.AsyncWith(args.Split(' '));
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Explains_itself()
    {
        var (code, output, _) = await Run.AsyncWith("--help");
        Assert.Equal(0, code);
        Assert.Contains("import FILE", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_port_that_is_busy_and_leaves_nothing_running()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var settings = new PlatformSettings { Data = _folder, Port = 0, ChoosesPorts = true };
        var error = await Assert.ThrowsAsync<StartException>(() => Platform.StartAsync(settings with { Port = port }, TestContext.Current.CancellationToken));
        Assert.StartsWith("gateway: ", error.Message, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
        Assert.Contains("choose another port with --port", error.Message, StringComparison.Ordinal);
        // The files are free again.
        await using var platform = await Platform.StartAsync(settings, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Refuses_a_folder_that_cannot_be_written()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var (code, _, error) = await Run.AsyncWith("--port", "0", "--data", Path.Combine(file, "below"));
        Assert.Equal(1, code);
        Assert.Contains("cannot write the data folder", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Refuses_a_database_that_a_newer_version_wrote()
    {
        await using (await TestPlatform.StartAsync(_folder))
        {
        }
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "segmentation.db")}"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO migration (number, name, hash, apply_time) VALUES (9999, '9999_future', 'x', 0)";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        var (code, _, error) = await Run.AsyncWith("--port", "0", "--data", _folder);
        Assert.Equal(1, code);
        Assert.Contains("schema 'segmentation' is newer than this program", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Lets_one_platform_only_work_on_a_folder_and_tells_where_it_is()
    {
        using (var held = DataFolder.Open(_folder))
        {
            held.Announce(new Uri("http://127.0.0.1:6123/"));
            Assert.Equal(new Uri("http://127.0.0.1:6123/"), DataFolder.FindRunning(_folder));
            Assert.Contains("a platform runs on", Assert.Throws<StartException>(() => DataFolder.Open(_folder)).Message, StringComparison.Ordinal);
        }
        Assert.Null(DataFolder.FindRunning(_folder));
        DataFolder.Open(_folder).Dispose();
    }

    [Fact]
    public void Removes_a_temporary_folder_at_the_end()
    {
        var folder = DataFolder.Temporary();
        Assert.True(Directory.Exists(folder.Path));
        folder.Dispose();
        Assert.False(Directory.Exists(folder.Path));
    }

    [Fact]
    public async Task Greets_a_newcomer_with_a_key_and_calls_that_work_then_keeps_the_key_to_itself()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var output = new Announcement("Ctrl-C ends it.");
        var running = Program.RunAsync(["--port", "0", "--data", _folder], new Streams(output, TextWriter.Null), stop.Token);
        var welcome = await output.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        var calls = welcome.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("curl", StringComparison.Ordinal)).ToList();
        var key = calls[0].Split(' ')[2].TrimEnd(':');
        var address = new Uri(calls[0].Split(' ')[3]);
        using (var gateway = new GatewayClient(address, key))
        {
            await gateway.PostAsync("/v1/track", System.Text.Encoding.UTF8.GetBytes(calls[0].Split('\'')[3]), stop.Token);
            await new CatchUp(gateway, "my-shop").WaitAsync(_ => { }, stop.Token);
            var lifecycle = await gateway.GetAsync<Segmentation.V1.CustomerLifecycle>(new Uri(calls[1].Split(' ')[3]).AbsolutePath, stop.Token);
            Assert.Equal("new", lifecycle.Stage);
            Assert.NotEmpty((await gateway.GetAsync<Campaigns.V1.NextAction>(new Uri(calls[2].Split(' ')[3]).AbsolutePath, stop.Token)).Action);
        }
        await stop.CancelAsync();
        Assert.Equal(0, await running);

        var (_, later, _) = await Run.UntilAsync("Ctrl-C ends it.", "--port", "0", "--data", _folder);
        Assert.Contains("--shop ID --new-key makes another", later, StringComparison.Ordinal);
        Assert.DoesNotContain("pk_", later, StringComparison.Ordinal);
    }
}
