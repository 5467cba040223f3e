using Mono.Cecil;

namespace Perennial.Architecture.Tests;

/// <summary>The room table of docs/ARCHITECTURE.md, read from the built assemblies.</summary>
public sealed class RoomTests
{
    static readonly string[] Wire = ["Google.", "Grpc."];
    static readonly string[] Sql = ["Dapper", "System.Data", "Microsoft.Data."];

    public static TheoryData<string> Houses() => [.. Tree.Houses];

    [Theory]
    [MemberData(nameof(Houses))]
    public void Domain_stands_on_the_base_class_library_alone(string house)
        => Refuse(house, "Domain", [.. Wire, .. Sql, "Microsoft.", "Perennial.Foundation", "Perennial.Common.V1", "Perennial.Ingestion.V1", "Perennial.Segmentation.V1", "Perennial.Engagement.V1", "Perennial.Campaigns.V1", "System.Threading.Tasks", "System.IO", "System.Net", $"Perennial.{house}.Api", $"Perennial.{house}.Storage", $"Perennial.{house}.Workers"]);

    [Theory]
    [MemberData(nameof(Houses))]
    public void Storage_knows_neither_the_wire_nor_the_doors(string house)
        => Refuse(house, "Storage", [.. Wire, "Microsoft.AspNetCore", "Perennial.Foundation.Grpc", "Perennial.Foundation.Feeds.FeedConsumer", "Perennial.Common.V1", "Perennial.Ingestion.V1", "Perennial.Segmentation.V1", "Perennial.Engagement.V1", "Perennial.Campaigns.V1", $"Perennial.{house}.Api", $"Perennial.{house}.Workers"]);

    [Theory]
    [MemberData(nameof(Houses))]
    public void Api_reaches_the_store_without_sql(string house)
        => Refuse(house, "Api", [.. Sql, "Perennial.Foundation.Sql.SqlServer", "Perennial.Foundation.Sql.Sqlite"]);

    [Theory]
    [MemberData(nameof(Houses))]
    public void Workers_use_neither_sql_nor_the_api(string house)
        => Refuse(house, "Workers", [.. Sql, "Perennial.Foundation.Sql.SqlServer", "Perennial.Foundation.Sql.Sqlite", $"Perennial.{house}.Api"]);

    [Theory]
    [MemberData(nameof(Houses))]
    public void No_house_references_another(string house)
    {
        var others = Tree.Houses.Append("Gateway").Append("AllInOne").Where(h => h != house).Select(h => "Perennial." + h);
        Assert.Empty(Tree.Assembly(house).MainModule.AssemblyReferences.Select(a => a.Name).Intersect(others));
    }

    [Fact]
    public void Gateway_references_no_house()
        => Assert.Empty(Tree.Assembly("Gateway").MainModule.AssemblyReferences.Select(a => a.Name).Intersect(Tree.Houses.Append("AllInOne").Select(h => "Perennial." + h)));

    [Fact]
    public void Foundation_references_no_house_and_protos_nothing_of_ours()
    {
        Assert.Equal(["Perennial.Protos"], Ours("Foundation"));
        Assert.Empty(Ours("Protos"));

        static IEnumerable<string> Ours(string assembly) => Tree.Assembly(assembly).MainModule.AssemblyReferences.Select(a => a.Name).Where(n => n.StartsWith("Perennial.", StringComparison.Ordinal));
    }

    [Fact]
    public void Foundation_speaks_no_domain_word()
    {
        string[] words = ["Customer", "Order", "Stage", "Lifecycle", "Engagement", "Campaign", "Playbook", "Segment", "Refund", "Revenue"];
        var spoken = Tree.Types(Tree.Assembly("Foundation"))
            .Where(t => !t.Name.Contains('<', StringComparison.Ordinal))
            .SelectMany(t => t.Methods.Select(m => m.Name).Append(t.Name))
            // Addresses of the other houses are named in one options class.
            .Where(name => words.Any(w => name.Contains(w, StringComparison.Ordinal)) && name is not ("get_Engagement" or "set_Engagement" or "get_Campaigns" or "set_Campaigns" or "get_Segmentation" or "set_Segmentation"))
            .Distinct();
        Assert.Empty(spoken);
    }

    [Theory]
    [MemberData(nameof(Houses))]
    public void Everything_in_a_house_is_internal(string house)
        => Assert.Empty(Tree.Types(Tree.Assembly(house)).Where(t => t.IsPublic).Select(t => t.FullName));

    [Theory]
    [MemberData(nameof(Houses))]
    public void Houses_have_the_same_rooms(string house)
    {
        string[] rooms = ["Api", "Domain", "Storage", "Workers"];
        var built = Tree.Types(Tree.Assembly(house)).Select(Tree.Namespace).Where(n => n.StartsWith($"Perennial.{house}.", StringComparison.Ordinal)).Select(n => n.Split('.')[2]).Distinct().Order();
        Assert.Equal(rooms, built);
        foreach (var file in (string[])["Program.cs", "Log.cs", "Metrics.cs", "Storage/Migrations/Sqlite", "Storage/Migrations/SqlServer"])
            Assert.True(Path.Exists(Path.Combine(Tree.Root, "services", house, file)), $"{house} lacks {file}");
    }

    static void Refuse(string house, string room, string[] refused)
    {
        var crossings = Tree.Types(Tree.Assembly(house))
            .Where(t => (Tree.Namespace(t) + ".").StartsWith($"Perennial.{house}.{room}.", StringComparison.Ordinal))
            .SelectMany(t => References.Of(t).Select(r => (From: t.FullName, To: r.FullName)))
            .Where(r => refused.Any(p => r.To.StartsWith(p, StringComparison.Ordinal)))
            .Select(r => $"{r.From} -> {r.To}")
            .Distinct()
            .Order();
        Assert.Empty(crossings);
    }
}
