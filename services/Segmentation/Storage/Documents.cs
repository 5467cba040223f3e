using System.Text.Json;
using System.Text.Json.Serialization;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>Models, populations and previews as they are stored: JSON with the names of the domain, what is empty left out.</summary>
internal static class Documents
{
    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        IgnoreReadOnlyProperties = true,
    };

    public static string Write<T>(T document) => JsonSerializer.Serialize(document, Options);

    public static LifecycleModel ReadModel(string text) => Read<LifecycleModel>(text);

    public static Population ReadPopulation(string text) => Read<Population>(text);

    public static OverlaySettings ReadOverlays(string text) => Read<OverlaySettings>(text);

    public static AudienceBinding ReadBinding(string text) => Read<AudienceBinding>(text);

    public static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, Options) ?? throw new JsonException("A stored document is empty.");
}
