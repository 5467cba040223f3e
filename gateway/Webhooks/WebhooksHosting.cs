using Perennial.Foundation.Hosting;
using Perennial.Gateway.Webhooks.Api;
using Perennial.Gateway.Webhooks.Storage;

namespace Perennial.Gateway.Webhooks;

/// <summary>Transitions of the lifecycle, sent to whom a shop names.</summary>
internal static class WebhooksHosting
{
    public static void AddWebhooks(this IServiceCollection services)
    {
        services.AddCheckedOptions<WebhookOptions>("Webhooks");
        services.AddSingleton<WebhookStore>();
        services.AddSingleton<LeaseStore>();
        services.AddSingleton<ProgressStore>();
        services.AddSingleton<DeadLetterStore>();
        services.AddSingleton<Transitions>();
        services.AddSingleton<RetrySchedule>();
        services.AddSingleton<LastAttempts>();
        services.AddSingleton<Sender>();
        services.AddSingleton<DeliveryParts>();
        services.AddSingleton<Deliveries>();
        services.AddHostedService(provider => provider.GetRequiredService<Deliveries>());
        services.AddSingleton<WebhookDoor>();
    }

    public static void MapWebhooks(this WebApplication app) => app.Services.GetRequiredService<WebhookDoor>().Map(app);
}
