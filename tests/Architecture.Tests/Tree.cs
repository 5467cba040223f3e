using Mono.Cecil;

namespace Perennial.Architecture.Tests;

/// <summary>The tree as it is built and as it lies on disk.</summary>
static class Tree
{
    public static readonly string[] Houses = ["Ingestion", "Segmentation", "EngagementTracking", "CampaignRecommendation"];

    /// <summary>Every service, and the house that serves it.</summary>
    public static readonly Dictionary<string, string> Services = new()
    {
        ["perennial.ingestion.v1.IngestionService"] = "Ingestion",
        ["perennial.segmentation.v1.SegmentationService"] = "Segmentation",
        ["perennial.segmentation.v1.ValueService"] = "Segmentation",
        ["perennial.segmentation.v1.AudienceService"] = "Segmentation",
        ["perennial.segmentation.v1.MetricsService"] = "Segmentation",
        ["perennial.engagement.v1.EngagementService"] = "EngagementTracking",
        ["perennial.campaigns.v1.CampaignService"] = "CampaignRecommendation",
    };

    public static string Root { get; } = FindRoot();

    public static AssemblyDefinition Assembly(string name) => AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, $"Perennial.{name}.dll"));

    /// <summary>Every type that somebody wrote, nested ones too, with the compiler's own left to their owner.</summary>
    public static IEnumerable<TypeDefinition> Types(AssemblyDefinition assembly) => assembly.MainModule.Types.SelectMany(WithNested).Where(t => t.Namespace.Length > 0 || t.DeclaringType is not null);

    static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) => type.NestedTypes.SelectMany(WithNested).Prepend(type);

    /// <summary>Namespace of the outermost type: nested types have none of their own.</summary>
    public static string Namespace(TypeDefinition type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type.Namespace;
    }

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Microservices.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException("These tests run inside the repository.");
    }
}
