using System.Globalization;
using System.Text.Json;
using Perennial.Load.Log;
using Perennial.Load.Segmentation;

namespace Perennial.Load;

/// <summary>Loads a real service from a second process and says what it reached, beside what its bare parts reach in the same run.</summary>
static class Program
{
    static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    static async Task<int> Main(string[] args)
    {
        try
        {
            if (!await ServesAsync(args)) await Console.Out.WriteLineAsync(args is ["segmentation", ..] ? await LoadSegmentationAsync(args) : await LoadIngestionAsync(args));
            return 0;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FileNotFoundException or Grpc.Core.RpcException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"load: {e.Message}");
            if (e is ArgumentException) await Console.Error.WriteLineAsync(args is ["segmentation", ..] ? SegmentationSettings.Usage : Settings.Usage);
            return 1;
        }
    }

    /// <summary>The processes that a run starts for itself.</summary>
    static async Task<bool> ServesAsync(string[] args)
    {
        if (args is ["echo", var echo]) await BareServer.ServeAsync(Port(echo), new EchoService());
        else if (args is ["lifecycle-echo", var lifecycle]) await BareServer.ServeAsync(Port(lifecycle), new LifecycleEcho());
        else if (args is ["log", var port, var folder, .. { Length: 5 } log]) await ServeLogAsync(Port(port), folder, LogSpec.Parse(log));
        else return false;
        return true;
    }

    static async Task ServeLogAsync(int port, string folder, LogSpec spec)
    {
        using var log = new SyntheticLog(spec, folder);
        await BareServer.ServeAsync(port, new LogService(log));
    }

    static async Task<string> LoadIngestionAsync(string[] args)
    {
        var settings = Settings.Parse(args);
        var report = await IngestionLoad.RunAsync(settings);
        return settings.Json ? JsonSerializer.Serialize(report, Pretty) : report.ToTable();
    }

    static async Task<string> LoadSegmentationAsync(string[] args)
    {
        var settings = SegmentationSettings.Parse(args);
        var findings = await SegmentationLoad.RunAsync(settings);
        return settings.Json ? JsonSerializer.Serialize(findings, Pretty) : findings.ToTable();
    }

    static int Port(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
