using System.Reflection;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Perennial.Testing;

/// <summary>Microsoft's own T-SQL parser over our texts.</summary>
public static class TSql
{
    /// <summary>The parser's complaints, empty when SQL Server 2019 would accept the syntax.</summary>
    public static IReadOnlyList<string> Errors(string text)
    {
        using var reader = new StringReader(text);
        new TSql150Parser(initialQuotedIdentifiers: true).Parse(reader, out var errors);
        return [.. errors.Select(e => $"line {e.Line}: {e.Message}")];
    }

    /// <summary>
    /// Every statement of a store: by rule each is a string property whose name ends in <c>Sql</c>, directly above the method
    /// that runs it, on the store or on something it holds.
    /// </summary>
    public static IEnumerable<(string Name, string Text)> StatementsOf(object store)
    {
        ArgumentNullException.ThrowIfNull(store);
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        for (var type = store.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var property in type.GetProperties(All).Where(p => p.PropertyType == typeof(string) && p.Name.EndsWith("Sql", StringComparison.Ordinal)))
                yield return ($"{type.Name}.{property.Name}", (string)property.GetValue(store)!);
        }
    }
}
