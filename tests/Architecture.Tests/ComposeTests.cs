using System.Text.RegularExpressions;
using Perennial.Foundation.Hosting;
using YamlDotNet.Serialization;

namespace Perennial.Architecture.Tests;

/// <summary>docker-compose.yml says what the code does: services, ports, environment names, health checks, and no secret.</summary>
public sealed partial class ComposeTests
{
    static readonly Dictionary<object, object> Services = (Dictionary<object, object>)Read()["services"];

    static readonly House[] Processes =
    [
        Ingestion.Program.House, Segmentation.Program.House, EngagementTracking.Program.House, CampaignRecommendation.Program.House, Gateway.Program.House,
    ];

    public static TheoryData<string> Names() => [.. Processes.Select(p => p.Name)];

    [Fact]
    public void Holds_the_database_the_migration_and_every_process()
        => Assert.Equal(Processes.Select(p => p.Name).Concat(["sqlserver", "migrate"]).Order(), Services.Keys.Cast<string>().Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Builds_the_project_of_that_house(string name)
    {
        var project = (string)Map(Map(Map(Services[name])["build"])["args"])["SERVICE"];
        Assert.Equal("Perennial." + project, Processes.Single(p => p.Name == name).Home.GetName().Name);
        Assert.Contains(Directory.EnumerateFiles(Tree.Root, project + ".csproj", SearchOption.AllDirectories), f => !f.Contains("/obj/", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Checks_health_with_the_process_itself(string name)
        => Assert.Equal(["CMD", "/app/service", "--health"], ((List<object>)Map(Map(Services[name])["healthcheck"])["test"]).Cast<string>());

    [Fact]
    public void Upstream_addresses_are_the_services_and_ports_of_the_code()
    {
        foreach (var property in typeof(UpstreamOptions).GetProperties())
        {
            var house = Processes.Single(p => p.Name.Equals(property.Name, StringComparison.OrdinalIgnoreCase));
            Assert.Equal($"http://{house.Name}:{house.Port}", Environment("gateway")[$"PERENNIAL_Upstream__{property.Name}"]);
            Assert.Equal($"http://127.0.0.1:{house.Port}", property.GetValue(new UpstreamOptions()));
        }
    }

    [Fact]
    public void Publishes_the_ports_of_the_gateway()
        => Assert.Equal(
            [$"{Gateway.Program.House.Port}:{Gateway.Program.House.Port}", $"{new ListenOptions().GrpcPort}:{new ListenOptions().GrpcPort}"],
            ((List<object>)Map(Services["gateway"])["ports"]).Cast<string>());

    [Fact]
    public void Names_only_settings_that_exist()
    {
        var settings = typeof(House).Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Options", StringComparison.Ordinal))
            .SelectMany(t => t.GetProperties().Select(p => $"PERENNIAL_{t.Name[..^"Options".Length]}__{p.Name}"))
            .ToHashSet();
        foreach (var service in Services.Keys.Cast<string>().Where(s => s != "sqlserver"))
            Assert.Empty(Environment(service).Keys.Where(k => k.StartsWith("PERENNIAL_", StringComparison.Ordinal)).Except(settings));
    }

    [Fact]
    public void Starts_in_order()
    {
        Assert.Equal("service_healthy", Condition("migrate", "sqlserver"));
        foreach (var process in Processes.Where(p => p.Name != "gateway"))
        {
            Assert.Equal("service_completed_successfully", Condition(process.Name, "migrate"));
            Assert.Equal("service_healthy", Condition("gateway", process.Name));
        }
    }

    [Fact]
    public void Holds_no_password()
    {
        foreach (var service in Services.Keys.Cast<string>())
            foreach (var (name, value) in Environment(service).Where(e => Secret().IsMatch(e.Key) || Secret().IsMatch(e.Value)))
                Assert.True(value.Contains("${", StringComparison.Ordinal), $"{service}: {name} holds a literal");
        Assert.DoesNotMatch(@"(?i)password=(?!\$\{|%s)", File.ReadAllText(ComposeFile()));
    }

    static string Condition(string service, string on) => (string)Map(Map(Map(Services[service])["depends_on"])[on])["condition"];

    static Dictionary<string, string> Environment(string service)
        => Map(Services[service]).TryGetValue("environment", out var values) ? Map(values).ToDictionary(e => (string)e.Key, e => (string)e.Value) : [];

    static Dictionary<object, object> Map(object node) => (Dictionary<object, object>)node;

    static string ComposeFile() => Path.Combine(Tree.Root, "docker-compose.yml");

    static Dictionary<string, object> Read() => new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(File.ReadAllText(ComposeFile()));

    [GeneratedRegex("(?i)password|token")]
    private static partial Regex Secret();
}
