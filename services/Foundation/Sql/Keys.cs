using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Perennial.Foundation.Sql;

/// <summary>Sets of keys as one parameter: a JSON array of objects that <see cref="Database.Set"/> reads as a table.</summary>
public static class Keys
{
    static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of<T>(IEnumerable<T> items, string column, Func<T, string> value) => Of(items, (column, value));

    public static string Of<T>(IEnumerable<T> items, params ReadOnlySpan<(string Column, Func<T, string> Value)> columns)
    {
        ArgumentNullException.ThrowIfNull(items);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartArray();
            foreach (var item in items)
            {
                json.WriteStartObject();
                foreach (var (column, value) in columns) json.WriteString(column, value(item));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
