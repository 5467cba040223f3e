using System.Text.Json;
using System.Text.Json.Serialization;
using Perennial.CampaignRecommendation.Domain;

namespace Perennial.CampaignRecommendation.Storage.Playbooks;

/// <summary>A playbook as text. Strict: an unknown or a missing member is refused, so a slip of the pen never passes for a rule without conditions.</summary>
internal static class PlaybookFile
{
    static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        NumberHandling = JsonNumberHandling.Strict,
        ReadCommentHandling = JsonCommentHandling.Disallow,
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
    };

    /// <summary>The playbook that comes with the program.</summary>
    public static string DefaultText()
    {
        using var reader = new StreamReader(typeof(PlaybookFile).Assembly.GetManifestResourceStream("default-playbook.json")!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    /// <exception cref="JsonException">When the text is not a playbook; the message names the place.</exception>
    public static Playbook Parse(string text) => JsonSerializer.Deserialize<Playbook>(text, Strict) ?? throw new JsonException("The playbook is null.");
}
