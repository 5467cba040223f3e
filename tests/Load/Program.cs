using System.Globalization;
using System.Text.Json;

namespace Perennial.Load;

/// <summary>Loads a real service from a second process and says what it reached, beside what its bare parts reach in the same run.</summary>
static class Program
{
    static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    static async Task<int> Main(string[] args)
    {
        if (args is ["echo", var port])
        {
            await EchoService.ServeAsync(int.Parse(port, CultureInfo.InvariantCulture));
            return 0;
        }
        try
        {
            var settings = Settings.Parse(args);
            var report = await IngestionLoad.RunAsync(settings);
            await Console.Out.WriteLineAsync(settings.Json ? JsonSerializer.Serialize(report, Pretty) : report.ToTable());
            return 0;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FileNotFoundException or Grpc.Core.RpcException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"load: {e.Message}");
            if (e is ArgumentException) await Console.Error.WriteLineAsync(Settings.Usage);
            return 1;
        }
    }
}
