using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;

namespace Perennial.Foundation.Hosting;

/// <summary>Asks the process that runs with the same settings how it is: what a container's health check calls.</summary>
public static class HealthProbe
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    /// <summary>Prints one line; 0 when the process serves, else 1.</summary>
    /// <exception cref="StartException">When the settings do not say where to ask.</exception>
    public static async Task<int> RunAsync(House house, string[] args)
    {
        ArgumentNullException.ThrowIfNull(house);
        var address = Address(house, args);
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Deadline };
        var answer = house.Protocols == HttpProtocols.Http2 ? await AskGrpcAsync(address, handler) : await AskHttpAsync(address, handler);
        await Console.Out.WriteLineAsync($"{house.Name}: {answer} at {address.Authority}");
        return answer == Serving ? 0 : 1;
    }

    const string Serving = "SERVING";

    static Uri Address(House house, string[] args)
    {
        var settings = new ConfigurationBuilder();
        House.AddSettings(settings, args);
        var listen = settings.Build().Checked<ListenOptions>("Listen");
        var port = listen.Port < 0 ? house.Port : listen.Port;
        if (port == 0) throw new StartException("--health cannot know a port that the system chose; name it with --port.");
        // Whoever listens everywhere listens on loopback.
        var ip = listen.ParseAddress();
        return new Uri("http://" + new IPEndPoint(ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : ip, port));
    }

    static async Task<string> AskGrpcAsync(Uri address, HttpMessageHandler handler)
    {
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler });
        try
        {
            var answer = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), deadline: DateTime.UtcNow + Deadline);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? Serving : "NOT_SERVING";
        }
        catch (RpcException e)
        {
            return $"no answer ({e.StatusCode}: {e.Status.Detail})";
        }
    }

    static async Task<string> AskHttpAsync(Uri address, HttpMessageHandler handler)
    {
        using var http = new HttpClient(handler, disposeHandler: false) { Timeout = Deadline };
        try
        {
            using var answer = await http.GetAsync(new Uri(address, "/healthz"), HttpCompletionOption.ResponseHeadersRead);
            return answer.IsSuccessStatusCode ? Serving : $"NOT_SERVING (HTTP {(int)answer.StatusCode})";
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return $"no answer ({e.Message})";
        }
    }
}
