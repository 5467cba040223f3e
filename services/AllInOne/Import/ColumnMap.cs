using System.Collections.Frozen;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Import;

/// <summary>What a column of an order history can hold.</summary>
internal enum Field
{
    OrderId,
    CustomerId,
    OrderTime,
    ProductId,
    Quantity,
    UnitPrice,
    Total,
    Currency,
    ProductName,
    Status,
}

/// <summary>
/// Which column holds which field: by the names that shops, Shopify, WooCommerce and the UCI data sets use, unless told
/// otherwise. Names are compared without case, blanks and punctuation.
/// </summary>
internal sealed class ColumnMap
{
    // Best first: where a file has two of them, the earlier one is meant.
    static readonly FrozenDictionary<Field, string[]> Names = new Dictionary<Field, string[]>
    {
        [Field.OrderId] = ["orderid", "ordernumber", "orderno", "ordername", "invoiceno", "invoiceid", "invoicenumber", "invoice", "transactionid", "order", "name"],
        [Field.CustomerId] = ["customerid", "customeruserid", "customernumber", "customerno", "customer", "userid", "clientid", "buyerid", "customeruser", "email", "customeremail", "billingemail", "emailbilling", "useremail"],
        [Field.OrderTime] = ["ordertime", "orderdate", "orderdatetime", "orderedat", "invoicedate", "createdat", "datecreated", "purchasedate", "purchasedat", "processedat", "paidat", "transactiondate", "timestamp", "datetime", "date"],
        [Field.ProductId] = ["productid", "stockcode", "lineitemsku", "productsku", "itemsku", "variantsku", "sku", "itemid", "articleid", "product"],
        [Field.Quantity] = ["quantity", "lineitemquantity", "itemquantity", "qty", "units"],
        [Field.UnitPrice] = ["unitprice", "lineitemprice", "itemprice", "itemcost", "productprice", "price"],
        [Field.Total] = ["total", "ordertotal", "ordertotalamount", "totalamount", "totalprice", "grandtotal", "amount", "ordervalue", "revenue"],
        [Field.Currency] = ["currency", "currencycode", "ordercurrency"],
        [Field.ProductName] = ["productname", "lineitemname", "itemname", "producttitle", "description"],
        [Field.Status] = ["status", "orderstatus", "financialstatus"],
    }.ToFrozenDictionary();

    static readonly FrozenDictionary<string, Field> Fields = Enum.GetValues<Field>().ToFrozenDictionary(NameOf, f => f, StringComparer.Ordinal);

    readonly int[] _columns;

    /// <summary>Every field, as people write them.</summary>
    public static string FieldNames { get; } = string.Join(", ", Enum.GetValues<Field>().Select(NameOf));

    public static bool IsField(string name) => Fields.ContainsKey(name);

    ColumnMap(IReadOnlyList<string> header, Dictionary<Field, int> columns)
    {
        Header = header;
        _columns = Array.ConvertAll(Enum.GetValues<Field>(), field => columns.GetValueOrDefault(field, -1));
    }

    public IReadOnlyList<string> Header { get; }

    /// <summary>Place of the column, from 0; -1 where the file has none.</summary>
    public int this[Field field] => _columns[(int)field];

    /// <summary>The column's own name, or the field's where the file has none.</summary>
    public string ColumnName(Field field) => this[field] is var i and >= 0 ? Header[i] : NameOf(field);

    /// <summary>As people write it: <c>order_id</c>.</summary>
    public static string NameOf(Field field) => string.Concat(field.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : c.ToString())).ToLowerInvariant();

    /// <summary>Reads <c>COLUMN=FIELD</c>; the column's own name may contain <c>=</c>.</summary>
    /// <exception cref="UsageException">When it is not of that form, or the field does not exist.</exception>
    public static (string Column, Field Field) ParseMapping(string text)
    {
        var equals = text.LastIndexOf('=');
        if (equals <= 0) throw new UsageException($"--map '{text}' is not COLUMN=FIELD.");
        var (column, name) = (text[..equals].Trim(), text[(equals + 1)..].Trim().ToLowerInvariant());
        return Fields.TryGetValue(name, out var field)
            ? (column, field)
            : throw new UsageException($"--map '{text}': there is no field '{name}'; fields are {FieldNames}.");
    }

    /// <summary>Place of the column that a fact looks at.</summary>
    /// <exception cref="StartException">When it is not there.</exception>
    public int PlaceOf(FactRule rule)
    {
        if (rule.Column is { } column) return Place(Header, column);
        var place = this[Fields[rule.Field!]];
        return place >= 0 ? place : throw new StartException($"the file has no column for {rule.Field}, which a fact of the mapping looks at.");
    }

    /// <param name="told">By a person, for this file: before what the mapping says.</param>
    /// <exception cref="StartException">When a named column is not there, or a field that must be there has neither column nor constant.</exception>
    public static ColumnMap Of(IReadOnlyList<string> header, IReadOnlyList<(string Column, Field Field)> told, ImportMapping? mapping = null)
    {
        var columns = told.ToDictionary(t => t.Field, t => Place(header, t.Column));
        foreach (var (name, column) in mapping?.Columns ?? new Dictionary<string, string>()) columns.TryAdd(Fields[name], Place(header, column));
        var constants = (mapping?.Constants.Keys ?? []).Select(name => Fields[name]).ToHashSet();
        foreach (var (field, names) in Names)
        {
            if (columns.ContainsKey(field)) continue;
            var place = Array.ConvertAll(names, name => IndexOf(header, name)).Where(i => i >= 0 && !columns.ContainsValue(i)).DefaultIfEmpty(-1).First();
            if (place >= 0) columns[field] = place;
        }
        if (Missing(columns.ContainsKey, constants) is { Length: > 0 } missing)
            throw new StartException($"the file has no column for {string.Join(" and ", missing)}; it has {Quoted(header)}. Name it with --map COLUMN={missing[0].Split(' ')[0]}.");
        return new ColumnMap(header, columns);
    }

    static string[] Missing(Func<Field, bool> hasColumn, HashSet<Field> constants)
    {
        bool Has(Field field) => hasColumn(field) || constants.Contains(field);
        return
        [
            .. new[] { Field.OrderId, Field.CustomerId, Field.OrderTime }.Where(f => !Has(f)).Select(NameOf),
            .. Has(Field.Total) || Has(Field.UnitPrice) ? [] : (string[])["total or unit_price"],
        ];
    }

    static int Place(IReadOnlyList<string> header, string column)
    {
        for (var i = 0; i < header.Count; i++)
        {
            if (header[i].Trim().Equals(column, StringComparison.OrdinalIgnoreCase)) return i;
        }
        var place = IndexOf(header, Plain(column));
        return place >= 0 ? place : throw new StartException($"--map: the file has no column '{column}'; it has {Quoted(header)}.");
    }

    static int IndexOf(IReadOnlyList<string> header, string plain)
    {
        for (var i = 0; i < header.Count; i++)
        {
            if (plain.Length > 0 && Plain(header[i]) == plain) return i;
        }
        return -1;
    }

    static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    static string Quoted(IReadOnlyList<string> header) => string.Join(", ", header.Select(h => $"'{h}'"));
}
