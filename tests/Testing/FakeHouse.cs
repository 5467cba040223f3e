using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Perennial.Testing;

/// <summary>Another house as a test plays it: a service of the contract on a port of its own.</summary>
public sealed class FakeHouse : IAsyncDisposable
{
    readonly WebApplication _app;

    FakeHouse(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public static async Task<FakeHouse> StartAsync<TService>(TService service) where TService : class
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting().AddGrpc();
        builder.Services.AddSingleton(service);
        var app = builder.Build();
        app.MapGrpcService<TService>();
        await app.StartAsync();
        return new FakeHouse(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
