using System.Globalization;
using System.Text;

namespace Perennial.Foundation.Sql;

/// <summary>Sets of keys as one parameter: a JSON array of objects that <see cref="Database.Set"/> reads as a table.</summary>
public static class Keys
{
    public static KeySet Of<T>(IEnumerable<T> items, string column, Func<T, string> value) => Of(items, (column, value));

    public static KeySet Of<T>(IEnumerable<T> items, params ReadOnlySpan<(string Column, Func<T, string> Value)> columns)
    {
        ArgumentNullException.ThrowIfNull(items);
        var rows = new List<string[]>();
        foreach (var item in items)
        {
            var row = new string[columns.Length];
            for (var i = 0; i < row.Length; i++) row[i] = columns[i].Value(item);
            rows.Add(row);
        }
        var names = new string[columns.Length];
        for (var i = 0; i < names.Length; i++) names[i] = columns[i].Column;
        return new KeySet(names, rows);
    }
}

/// <summary>A set of keys on its way into a statement.</summary>
public sealed class KeySet
{
    /// <summary>
    /// Not every T-SQL engine undoes JSON's escapes in OPENJSON (SQL Server does, Babelfish does not). The two printable characters that need
    /// one travel as private-use code points and are put back by <see cref="Database.Set"/>; ids with control characters are refused at the doors.
    /// </summary>
    internal const char QuoteStandIn = '\uE022', BackslashStandIn = '\uE05C';

    readonly string[] _columns;
    readonly List<string[]> _rows;

    internal KeySet(string[] columns, List<string[]> rows) => (_columns, _rows) = (columns, rows);

    internal string ToJson(bool escapes)
    {
        var json = new StringBuilder("[");
        foreach (var row in _rows)
        {
            json.Append(json.Length == 1 ? "{" : ",{");
            for (var i = 0; i < row.Length; i++)
            {
                json.Append(i == 0 ? "\"" : ",\"").Append(_columns[i]).Append("\":\"");
                foreach (var c in row[i]) Append(json, c, escapes);
                json.Append('"');
            }
            json.Append('}');
        }
        return json.Append(']').ToString();
    }

    static void Append(StringBuilder json, char c, bool escapes)
    {
        switch (c)
        {
            case '"' when !escapes:
                json.Append(QuoteStandIn);
                break;
            case '\\' when !escapes:
                json.Append(BackslashStandIn);
                break;
            case '"' or '\\':
                json.Append('\\').Append(c);
                break;
            case < ' ':
                json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                break;
            default:
                json.Append(c);
                break;
        }
    }
}
