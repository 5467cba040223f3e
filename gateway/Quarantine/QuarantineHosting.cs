namespace Perennial.Gateway.Quarantine;

/// <summary>What is quarantined is listed through ListQuarantined's own annotation; replaying it needs the mapping, which is here.</summary>
internal static class QuarantineHosting
{
    public static void AddQuarantine(this IServiceCollection services)
    {
        services.AddSingleton<Keeping>();
        services.AddSingleton<Replaying>();
    }

    public static void MapQuarantine(this WebApplication app)
    {
        var door = app.Services.GetRequiredService<Replaying>();
        app.MapPost("/v1/shops/{shop}/quarantine:replay", (HttpContext context, string shop) => door.ReplayAsync(context, shop));
    }
}
