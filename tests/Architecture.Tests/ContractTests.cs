using Google.Protobuf.Reflection;
using Mono.Cecil;
using Perennial.Campaigns.V1;
using Perennial.Engagement.V1;
using Perennial.Ingestion.V1;
using Perennial.Segmentation.V1;

namespace Perennial.Architecture.Tests;

/// <summary>Contracts, code and documents agree.</summary>
public sealed class ContractTests
{
    static readonly FileDescriptor[] Files = [IngestionReflection.Descriptor, SegmentationReflection.Descriptor, ValueReflection.Descriptor, AudienceReflection.Descriptor, MetricsReflection.Descriptor, EngagementReflection.Descriptor, CampaignsReflection.Descriptor];

    static IEnumerable<MethodDescriptor> Methods => Files.SelectMany(f => f.Services).SelectMany(s => s.Methods);

    [Fact]
    public void Every_request_names_its_shop()
        => Assert.Empty(Methods.Where(m => m.InputType.FindFieldByName("shop") is not { FieldType: FieldType.String }).Select(m => m.FullName));

    [Fact]
    public void Every_list_is_paged_after_the_same_manner()
    {
        foreach (var method in Methods.Where(m => m.Name.StartsWith("List", StringComparison.Ordinal)))
        {
            Assert.NotNull(method.InputType.FindFieldByName("page_size"));
            Assert.NotNull(method.InputType.FindFieldByName("page_token"));
            Assert.NotNull(method.OutputType.FindFieldByName("next_page_token"));
            Assert.True(method.OutputType.FindFieldByNumber(1).IsRepeated);
        }
    }

    [Fact]
    public void Every_rpc_is_served_from_a_file_of_its_name()
    {
        Assert.Equal(Files.SelectMany(f => f.Services).Select(s => s.FullName).Order(), Tree.Services.Keys.Order());
        foreach (var (service, house) in Tree.Services)
        {
            var methods = Methods.Where(m => m.Service.FullName == service).ToList();
            Assert.NotEmpty(methods);
            foreach (var method in methods)
                Assert.True(File.Exists(Path.Combine(Tree.Root, "services", house, "Api", method.Name + ".cs")), $"{house}/Api/{method.Name}.cs is missing");
        }
    }

    [Fact]
    public void Every_contract_line_is_documented()
    {
        var undocumented = Directory.EnumerateFiles(Path.Combine(Tree.Root, "protos", "perennial"), "*.proto", SearchOption.AllDirectories)
            .SelectMany(file => Undocumented(File.ReadAllLines(file)).Select(line => $"{Path.GetFileName(file)}: {line}"));
        Assert.Empty(undocumented);

        // Services, RPCs, enums and messages that callers see, but not requests: their RPC says what they are for.
        static IEnumerable<string> Undocumented(string[] lines) => lines.Index()
            .Where(l => l.Item.TrimStart() is var text && (text.StartsWith("service ", StringComparison.Ordinal) || text.StartsWith("rpc ", StringComparison.Ordinal)))
            .Where(l => !lines[l.Index - 1].TrimStart().StartsWith("//", StringComparison.Ordinal))
            .Select(l => l.Item);
    }

    [Fact]
    public void Log_events_have_numbers_of_their_own()
    {
        var events = Tree.Houses.Concat(["Gateway", "Foundation", "AllInOne"])
            .SelectMany(name => Tree.Types(Tree.Assembly(name)))
            .SelectMany(t => t.Methods)
            .SelectMany(m => m.CustomAttributes.Where(a => a.AttributeType.Name == "LoggerMessageAttribute").Select(a => (Method: m.FullName, Number: Number(a))))
            .ToList();
        Assert.NotEmpty(events);
        Assert.DoesNotContain(events, e => e.Number <= 0);
        Assert.Empty(events.GroupBy(e => e.Number).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g.Select(e => e.Method))}"));

        static int Number(CustomAttribute attribute) => attribute.ConstructorArguments.Where(a => a.Type.Name == "Int32").Select(a => (int)a.Value)
            .Concat(attribute.Properties.Where(p => p.Name == "EventId").Select(p => (int)p.Argument.Value))
            .FirstOrDefault();
    }
}
