using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ImportState = Perennial.Ingestion.V1.Import;

namespace Perennial.AllInOne.Import;

/// <summary>What came of an import.</summary>
/// <param name="Headline">What was imported, in the words of the source.</param>
/// <param name="Import">As the platform counts it, over all runs.</param>
/// <param name="Refused">Rows that were refused, here or by the platform, as far as they are known one by one.</param>
/// <param name="Notes">What else a person should know.</param>
/// <param name="Events">Sent by this run.</param>
internal sealed record ImportResult(string Headline, ImportState Import, IReadOnlyList<RefusedRow> Refused, IReadOnlyList<string> Notes, long Events, TimeSpan Elapsed)
{
    static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>True when something was not imported that should have been.</summary>
    public bool HasRefused => Import.RefusedCount > 0 || Import.Facts.GetValueOrDefault(RowFacts.RowsRefused) > 0;

    double Rate => Events / Math.Max(0.001, Elapsed.TotalSeconds);

    /// <summary>The end of an import as a person reads it.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.AppendLine(Headline);
        text.AppendLine(CultureInfo.InvariantCulture, $"Import '{Import.ImportId}': {Import.RecordedCount:N0} events recorded, {Import.DuplicateCount:N0} had been before, {Import.RefusedCount:N0} refused; this run sent {Events:N0} in {Elapsed.TotalSeconds:F1} s ({Rate:N0} events/s).");
        var width = Import.Facts.Keys.Select(k => k.Length).DefaultIfEmpty().Max();
        foreach (var (fact, count) in Facts) text.AppendLine(CultureInfo.InvariantCulture, $"  {fact.PadRight(width)}  {count,13:N0}");
        return text.ToString().TrimEnd();
    }

    /// <summary>The same as one JSON document.</summary>
    public string ToJson(string? newKey)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("shop", Import.Shop);
            json.WriteString("importId", Import.ImportId);
            json.WriteString("source", Import.Source);
            json.WriteBoolean("done", Import.Done);
            json.WriteNumber("recorded", Import.RecordedCount);
            json.WriteNumber("duplicates", Import.DuplicateCount);
            json.WriteNumber("refused", Import.RefusedCount);
            json.WriteStartObject("facts");
            foreach (var (fact, count) in Facts) json.WriteNumber(fact, count);
            json.WriteEndObject();
            json.WriteStartArray("refusals");
            foreach (var row in Refused) WriteRefusal(json, row);
            json.WriteEndArray();
            json.WriteNumber("sent", Events);
            json.WriteNumber("seconds", Math.Round(Elapsed.TotalSeconds, 3));
            json.WriteNumber("eventsPerSecond", Math.Round(Rate));
            if (newKey is not null) json.WriteString("newKey", newKey);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    IEnumerable<KeyValuePair<string, long>> Facts => Import.Facts.OrderBy(f => f.Key, StringComparer.Ordinal);

    static void WriteRefusal(Utf8JsonWriter json, RefusedRow row)
    {
        json.WriteStartObject();
        json.WriteNumber("line", row.Line);
        json.WriteString("column", row.Column);
        json.WriteString("reason", row.Reason);
        json.WriteNumber("rows", row.Rows);
        json.WriteEndObject();
    }
}
