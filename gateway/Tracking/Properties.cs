using System.Globalization;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway.Tracking;

/// <summary>Typed reads from the properties of an event. What is absent or null is empty; what is there and wrong is a finding.</summary>
internal sealed class Properties
{
    readonly JsonElement? _object;
    readonly string _path;
    readonly Findings _findings;
    readonly string _currency;

    public Properties(JsonElement? element, string path, Findings findings, string? currency = null)
    {
        (_path, _findings) = (path, findings);
        if (element is { ValueKind: JsonValueKind.Object }) _object = element;
        else if (element is not null) findings.Add(path, "must be an object");
        _currency = Currency() is { Length: > 0 } own ? own : currency ?? "";
    }

    /// <summary>The first of these that is there: spellings of one property, the specification's first.</summary>
    public string Text(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_object.Get(name) is not { } value) continue;
            if (value.Text() is { } text) return text;
            _findings.Add(Path(name), "must be text");
        }
        return "";
    }

    /// <summary>Null when none of these is there.</summary>
    public Money? Money(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_object.Get(name) is not { } value || IsEmpty(value)) continue;
            if (Tracking.Amounts.TryRead(value, out var amount)) return amount.ToMoney(_currency);
            _findings.Add(Path(name), $"must be a number such as 19.99, not {Shown(value)}");
        }
        return null;
    }

    /// <summary>Null when it is absent.</summary>
    public double? Number(string name)
    {
        if (_object.Get(name) is not { } value || IsEmpty(value)) return null;
        if (TryNumber(value, out var number)) return number;
        _findings.Add(Path(name), $"must be a number, not {Shown(value)}");
        return null;
    }

    /// <summary>Null when it is absent or no number: for answers of people, which may be words.</summary>
    public double? NumberIfAny(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (_object.Get(name) is { } value && TryNumber(value, out var number)) return number;
        return null;
    }

    /// <summary>0 when it is absent.</summary>
    public int Whole(string name)
    {
        if (Number(name) is not { } number) return 0;
        if (number is >= 0 and <= int.MaxValue && double.IsInteger(number)) return (int)number;
        _findings.Add(Path(name), $"must be a whole number from 0 to {int.MaxValue}, not {number.ToString(CultureInfo.InvariantCulture)}");
        return 0;
    }

    public Properties Inner(string name) => new(_object.Get(name), Path(name), _findings, _currency);

    public OrderAmounts? Amounts()
    {
        var amounts = new OrderAmounts { Subtotal = Money("subtotal"), Total = Money("total"), Revenue = Money("revenue"), Shipping = Money("shipping"), Tax = Money("tax"), Discount = Money("discount") };
        return amounts.CalculateSize() == 0 ? null : amounts;
    }

    public IEnumerable<Product> Products()
    {
        if (_object.Get("products") is not { } products) yield break;
        if (products.ValueKind != JsonValueKind.Array)
        {
            _findings.Add(Path("products"), "must be a list");
            yield break;
        }
        foreach (var (i, product) in products.EnumerateArray().Index())
            yield return new Properties(product, string.Create(CultureInfo.InvariantCulture, $"{_path}.products[{i}]"), _findings, _currency).Product();
    }

    /// <summary>The product that these properties describe. A product without a quantity is one piece.</summary>
    public Product Product() => new()
    {
        ProductId = Text("product_id", "id"),
        Sku = Text("sku"),
        Name = Text("name"),
        Category = Text("category"),
        Brand = Text("brand"),
        Variant = Text("variant"),
        Price = Money("price"),
        Quantity = Number("quantity") ?? 1,
        Coupon = Text("coupon"),
        Position = Whole("position"),
        Url = Text("url"),
        ImageUrl = Text("image_url"),
    };

    public Struct Whole() => Structs.Of(_object, _path, _findings);

    string Currency()
    {
        if (_object.Get("currency") is not { } value || IsEmpty(value)) return "";
        if (value.Text() is { Length: 3 } code && code.All(char.IsAsciiLetter)) return code.ToUpperInvariant();
        _findings.Add(Path("currency"), $"must be an ISO 4217 code such as EUR, not {Shown(value)}");
        return "";
    }

    string Path(string name) => _path + "." + name;

    static bool TryNumber(JsonElement value, out double number)
    {
        number = 0;
        return value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetDouble(out number),
            JsonValueKind.String => double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number),
            _ => false,
        } && double.IsFinite(number);
    }

    // An empty string is how forms say that there is nothing.
    static bool IsEmpty(JsonElement value) => value.ValueKind == JsonValueKind.String && value.ValueEquals("");

    static string Shown(JsonElement value) => value.GetRawText() is { Length: > 40 } text ? text[..40] + "..." : value.GetRawText();
}
