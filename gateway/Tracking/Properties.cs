using System.Globalization;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway.Tracking;

/// <summary>Typed reads from the properties of an event. What is absent, null or an empty text is empty; what is there and wrong is a finding; what is not read is left.</summary>
internal sealed class Properties
{
    Members _members;
    readonly string _path;
    readonly Findings _findings;
    readonly Properties? _outer;
    string? _currency;

    /// <param name="outer">Whose currency holds where these properties name none.</param>
    public Properties(Members members, string path, Findings findings, Properties? outer = null) => (_members, _path, _findings, _outer) = (members, path, findings, outer);

    /// <summary>Those of an item or of a list's entry.</summary>
    public static Properties Of(JsonElement? element, string path, Findings findings, Properties? outer = null)
    {
        if (element is not null and not { ValueKind: JsonValueKind.Object }) findings.Add(Reasons.WrongType, path, "must be an object");
        return new Properties(Members.Of(element), path, findings, outer);
    }

    /// <summary>The first of these that is there: spellings of one property, the specification's first.</summary>
    public string Text(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (There(name) is not { } value) continue;
            if (_members.TakeText(name) is { } text) return text;
            _findings.Add(Reasons.WrongType, Path(name), "must be text");
        }
        return "";
    }

    /// <summary>A text that stays where it is: it is looked at for what it means.</summary>
    public string Peek(string name) => _members.PeekText(name);

    /// <summary>Null when none of these is there.</summary>
    public Money? Money(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (There(name) is not { } value) continue;
            if (!Tracking.Amounts.TryRead(value, out var amount))
            {
                _findings.Add(Reasons.WrongType, Path(name), $"must be a number such as 19.99, not {value.Shown()}");
                continue;
            }
            _members.Take(name);
            return amount.ToMoney(Currency());
        }
        return null;
    }

    /// <summary>Null when it is absent.</summary>
    public double? Number(string name)
    {
        if (There(name) is not { } value) return null;
        if (TryNumber(value, out var number))
        {
            _members.Take(name);
            return number;
        }
        _findings.Add(Reasons.WrongType, Path(name), $"must be a number, not {value.Shown()}");
        return null;
    }

    /// <summary>Null when it is absent or no number: for answers of people, which may be words and are then left.</summary>
    public double? NumberIfAny(string name)
    {
        if (There(name) is not { } value || !TryNumber(value, out var number)) return null;
        _members.Take(name);
        return number;
    }

    /// <summary>0 when it is absent.</summary>
    public int Whole(string name)
    {
        if (Number(name) is not { } number) return 0;
        if (number is >= 0 and <= int.MaxValue && double.IsInteger(number)) return (int)number;
        _findings.Add(Reasons.OutOfRange, Path(name), $"must be a whole number from 0 to {int.MaxValue}, not {number.ToString(CultureInfo.InvariantCulture)}");
        return 0;
    }

    public Properties Inner(string name)
    {
        if (There(name) is not null and not { ValueKind: JsonValueKind.Object }) _findings.Add(Reasons.WrongType, Path(name), "must be an object");
        return new Properties(_members.Inner(name), Path(name), _findings, this);
    }

    public OrderAmounts? Amounts()
    {
        var amounts = new OrderAmounts { Subtotal = Money("subtotal"), Total = Money("total"), Revenue = Money("revenue"), Shipping = Money("shipping"), Tax = Money("tax"), Discount = Money("discount") };
        return amounts.CalculateSize() == 0 ? null : amounts;
    }

    public IReadOnlyList<Product> Products()
    {
        if (There("products") is not { } list) return [];
        if (list.ValueKind != JsonValueKind.Array)
        {
            _findings.Add(Reasons.WrongType, Path("products"), "must be a list");
            return [];
        }
        var entries = list.EnumerateArray().Select((entry, i) => Of(entry, string.Create(CultureInfo.InvariantCulture, $"{_path}.products[{i}]"), _findings, this)).ToList();
        _members.TakeList("products", [.. entries.Select(e => e._members)]);
        return [.. entries.Select(e => e.Product())];
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

    /// <summary>All that was not read yet, as a payload of its own: nothing is left then.</summary>
    public Struct Whole()
    {
        var whole = Rest() ?? new Struct();
        _members = Members.None;
        return whole;
    }

    /// <summary>What was not read; null when all was.</summary>
    public Struct? Rest() => _members.Rest();

    /// <summary>The currency of an amount: what only amounts have a place for is read by them alone.</summary>
    string Currency() => _currency ??= There("currency") is { } value ? Currency(value) : _outer?.Currency() ?? "";

    string Currency(JsonElement value)
    {
        if (value.Text() is { Length: 3 } code && code.All(char.IsAsciiLetter))
        {
            _members.Take("currency");
            return code.ToUpperInvariant();
        }
        _findings.Add(Reasons.WrongType, Path("currency"), $"must be an ISO 4217 code such as EUR, not {value.Shown()}");
        return "";
    }

    /// <summary>A member that says something; one that is null or an empty text is read with that.</summary>
    JsonElement? There(string name)
    {
        if (_members.Peek(name) is { } value && !value.IsEmpty()) return value;
        _members.Take(name);
        return null;
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
}
