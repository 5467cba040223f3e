using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// The traits of customers as rows of their own, each as of the stretch of time that the customer's row holds for, so that filters need not read records. They lie by name and
/// value: a filter reads the rows that it asks for, and a row is replaced by its whole key.
/// </summary>
internal static class TraitColumns
{
    public static readonly string[] Names = ["shop", "name", "kind", "text_value", "number_value", "customer"];

    // The numbers are stored.
    public const int Text = 1, Number = 2, Flag = 3;

    /// <summary>A text that SQL can only tell from another, since engines do not agree on its place among them.</summary>
    public const int UnsortedText = 4;

    // Above it, UTF-16 and UTF-8 are not in the same order.
    const char SortedMax = '\ud7ff';

    /// <summary>
    /// No kept text holds it, so it ends each: T-SQL takes texts for equal that differ in spaces at the end, and now none ends in one. It comes before whatever a text may hold.
    /// </summary>
    public const char End = '\u001f';

    public static int KindOf(FieldValue value) => value.Kind switch
    {
        FieldKind.Number => Number,
        FieldKind.Flag => Flag,
        _ => value.AsText!.AsSpan().IndexOfAnyInRange((char)(SortedMax + 1), char.MaxValue) < 0 ? Text : UnsortedText,
    };

    public static void Add(Row row, int shop, long customer, Trait trait)
    {
        row.Add(shop);
        row.Add(trait.Name);
        row.Add(KindOf(trait.Value));
        row.Add(trait.Value.AsText is { } text ? text + End : "");
        row.Add(trait.Value.Kind switch { FieldKind.Number => trait.Steps, FieldKind.Flag => trait.Value.AsFlag ? 1 : 0, _ => 0L });
        row.Add(customer);
    }
}
