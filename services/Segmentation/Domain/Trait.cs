using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Domain;

/// <summary>What the shop says of a customer under one name.</summary>
/// <param name="Value">A text, a number or a flag; none where the shop takes it back, or says what is not kept.</param>
internal readonly record struct Trait(string Name, FieldValue Value)
{
    /// <summary>Characters; what is longer tells customers apart rather than together.</summary>
    public const int NameLengthMax = 64, TextLengthMax = 200;

    /// <summary>Names of one event. Of more, the first in their order.</summary>
    public const int CountMax = 100;

    /// <summary>Numbers lie on a grid of millionths, so that they can be compared exactly wherever they are kept.</summary>
    public const int StepsPerUnit = 1_000_000;

    const double NumberMax = 9e12;

    /// <summary>Who the customer is, rather than what they are like: after the reserved traits of the Segment spec, and other words for them.</summary>
    static readonly HashSet<string> Identifying = new(StringComparer.OrdinalIgnoreCase)
    {
        "address", "avatar", "birthday", "description", "email", "firstName", "id", "lastName", "name", "phone", "username", "website",
        "emailAddress", "fullName", "mobile", "phoneNumber", "userId",
    };

    /// <summary>Whether a name, or what it is a part of, says who the customer is; as it may be spelt, "first_name" too. This house keeps no such thing.</summary>
    public static bool IsIdentifying(string name)
    {
        var first = name.AsSpan();
        if (first.IndexOf('.') is >= 0 and var end) first = first[..end];
        Span<char> letters = stackalloc char[Math.Min(first.Length, NameLengthMax)];
        var count = 0;
        foreach (var c in first)
        {
            if (c is '_' or '-' or ' ') continue;
            if (count == letters.Length) return false;
            letters[count++] = c;
        }
        return Identifying.GetAlternateLookup<ReadOnlySpan<char>>().Contains(letters[..count]);
    }

    public static bool IsKept(string name) => name.Length is > 0 and <= NameLengthMax && name[0] != ' ' && name[^1] != ' ' && !HasControls(name) && !IsIdentifying(name);

    public static FieldValue ValueOf(string text) => text.Length <= TextLengthMax && !HasControls(text) ? FieldValue.Of(text) : default;

    public static FieldValue ValueOf(double number) => Math.Abs(number) < NumberMax ? FieldValue.Of(decimal.Round((decimal)number, 6)) : default;

    /// <summary>No name and no text that is kept does.</summary>
    public static bool HasControls(string text)
    {
        foreach (var c in text)
            if (char.IsControl(c)) return true;
        return false;
    }

    /// <summary>Of a number.</summary>
    public long Steps => (long)(Value.AsNumber * StepsPerUnit);
}

/// <summary>What one event says of a customer's traits; told apart by <paramref name="MessageId"/>.</summary>
/// <param name="Traits">By name, each once.</param>
internal sealed record Identification(DateTimeOffset Time, string MessageId, IReadOnlyList<Trait> Traits)
{
    public static int Compare(Identification a, Identification b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : string.CompareOrdinal(a.MessageId, b.MessageId);
}
