using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Perennial.Testing;
using Perennial.Foundation.Sql;
using System.Reflection;

namespace Perennial.Architecture.Tests;

/// <summary>Every statement can be found and is parsed.</summary>
public sealed partial class SqlTests
{
    static readonly string[] WithSql = ["Ingestion", "Segmentation", "EngagementTracking", "CampaignRecommendation", "Gateway"];

    public static TheoryData<string> Homes() => [.. WithSql];

    [Theory]
    [MemberData(nameof(Homes))]
    public void Statements_stand_only_in_properties_named_Sql(string home)
    {
        var elsewhere = Tree.Types(Tree.Assembly(home))
            .SelectMany(t => t.Methods)
            .Where(m => m.HasBody && !(m.IsGetter && m.Name.EndsWith("Sql", StringComparison.Ordinal)))
            .SelectMany(m => m.Body.Instructions.Where(i => i.OpCode == OpCodes.Ldstr && Statement().IsMatch((string)i.Operand)).Select(i => $"{m.FullName}: {i.Operand}"));
        Assert.Empty(elsewhere);
    }

    [Theory]
    [MemberData(nameof(Homes))]
    public void Migrations_come_in_pairs_and_every_batch_parses_as_TSql(string home)
    {
        var assembly = System.Reflection.Assembly.Load("Perennial." + home);
        var tsql = Migrator.Batches(assembly, "SqlServer");
        Assert.NotEmpty(tsql);
        Assert.Equal(Migrator.Batches(assembly, "Sqlite").Select(m => m.Name).Distinct(), tsql.Select(m => m.Name).Distinct());
        Assert.Empty(tsql.SelectMany(m => TSql.Errors(m.Batch).Select(e => $"{m.Name}: {e}")));
    }

    [Theory]
    [MemberData(nameof(Homes))]
    public void Every_statement_of_a_store_parses_as_TSql(string home)
    {
        var database = new SqlServerDatabase("parsed", "Server=nowhere");
        var stores = System.Reflection.Assembly.Load("Perennial." + home).GetTypes()
            .Where(t => !t.IsAbstract && t.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Any(p => p.Name.EndsWith("Sql", StringComparison.Ordinal)))
            .Select(t => t.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(c => Build(c, database)).First(o => o is not null)!)
            .Append(new Checkpoints(database))
            .ToList();
        var statements = stores.SelectMany(TSql.StatementsOf).ToList();
        Assert.NotEmpty(statements);
        Assert.Empty(statements.SelectMany(s => TSql.Errors(s.Text).Select(e => $"{s.Name}: {e}\n{s.Text}")));
    }

    static object? Build(ConstructorInfo constructor, Database database)
        => constructor.GetParameters() is [{ } only, ..] && only.ParameterType.IsAssignableFrom(typeof(SqlServerDatabase))
            ? constructor.Invoke([database, .. constructor.GetParameters().Skip(1).Select(p => p.HasDefaultValue ? p.DefaultValue : null)])
            : null;

    [GeneratedRegex(@"^\s*(SELECT|INSERT INTO|UPDATE|DELETE|MERGE|WITH \w+ AS|CREATE|DROP|ALTER|TRUNCATE)\s", RegexOptions.IgnoreCase)]
    private static partial Regex Statement();
}
