using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Perennial.Foundation.Grpc;

public static class GrpcHosting
{
    /// <summary>gRPC as every house serves it: errors mapped once, tenants checked once, messages bounded.</summary>
    public static IServiceCollection AddHouseGrpc(this IServiceCollection services)
    {
        services.AddGrpc(grpc =>
        {
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.Interceptors.Add<TenantInterceptor>();
            grpc.MaxReceiveMessageSize = 16 * 1024 * 1024;
            grpc.EnableDetailedErrors = false;
        });
        services.AddSingleton<ErrorInterceptor>();
        services.AddSingleton<TenantInterceptor>();
        services.AddSingleton<ReflectionIndex>();
        return services;
    }

    /// <summary>Serves <typeparamref name="TService"/> beside health and reflection.</summary>
    public static WebApplication MapHouse<TService>(this WebApplication app) where TService : class
    {
        app.MapGrpcService<HealthService>();
        app.MapGrpcService<ReflectionV1>();
        app.MapGrpcService<ReflectionV1Alpha>();
        return app.MapService<TService>();
    }

    /// <summary>Serves another service of the same house.</summary>
    public static WebApplication MapService<TService>(this WebApplication app) where TService : class
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapGrpcService<TService>();
        app.Services.GetRequiredService<HealthState>().Register(ServiceNames.Of(typeof(TService)));
        return app;
    }
}
