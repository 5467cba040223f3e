using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Perennial.Ingestion.Domain;

/// <summary>The kinds of id, by strength: an id joins a stronger one, never its equal.</summary>
internal enum IdType
{
    Anonymous = 1,
    Email = 2,
    External = 3,
    User = 4,
}

/// <summary>
/// An id of a customer: <c>user:X</c>, <c>ext:TYPE:X</c>, <c>email:SHA256HEX</c> or <c>anon:X</c>. A customer is called by the
/// strongest of theirs.
/// </summary>
internal readonly partial record struct CustomerId
{
    public const int LengthMax = 210;
    public const int KindLengthMax = 36;
    public const int ExternalLengthMax = 160;
    public const int EmailLengthMax = 254;

    const string UserPrefix = "user:", ExternalPrefix = "ext:", EmailPrefix = "email:", AnonymousPrefix = "anon:";

    CustomerId(string text) => Text = text;

    public string Text { get; }

    public IdType Type => Text[0] switch
    {
        'u' => IdType.User,
        'a' => IdType.Anonymous,
        _ => Text[1] == 'x' ? IdType.External : IdType.Email,
    };

    /// <summary>What ids are counted by against their limit: the type, of external ids each system's own, as in <c>ext:shopify</c>.</summary>
    public string Kind => Type == IdType.External ? Text[..Text.IndexOf(':', ExternalPrefix.Length)] : Text[..Text.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>True for somebody whom the shop knows by name.</summary>
    public bool Identified => Type == IdType.User;

    public static CustomerId User(string id) => new(UserPrefix + id);

    public static CustomerId External(string type, string id) => new($"{ExternalPrefix}{type}:{id}");

    public static CustomerId Anonymous(string id) => new(AnonymousPrefix + id);

    /// <summary>By the hash of the address, trimmed and in lower case.</summary>
    public static CustomerId Email(string address)
        => new(EmailPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.Trim().ToLowerInvariant()))));

    /// <summary>An id that was written by <see cref="Text"/>.</summary>
    public static CustomerId Stored(string text) => new(text);

    /// <summary>Reads what a caller wrote: the text form, or <c>email:</c> with an address.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CustomerId? id)
    {
        id = Parse(text);
        return id is not null;
    }

    static CustomerId? Parse(string text)
    {
        if (After(text, UserPrefix) is { } user) return IsGood(user, Ids.LengthMax) ? User(user) : null;
        if (After(text, AnonymousPrefix) is { } anonymous) return IsGood(anonymous, Ids.LengthMax) ? Anonymous(anonymous) : null;
        if (After(text, EmailPrefix) is { } email) return HashShape().IsMatch(email) ? new CustomerId(text) : IsAddress(email) ? Email(email) : null;
        return After(text, ExternalPrefix)?.Split(':', 2) is [var type, var external] && IsExternalType(type) && IsGood(external, ExternalLengthMax) ? External(type, external) : null;
    }

    public static bool IsExternalType(string type) => TypeShape().IsMatch(type);

    public static bool IsAddress(string address)
        => address.AsSpan().Trim() is { Length: > 0 and <= EmailLengthMax } bare && bare.Contains('@') && Ids.Fault(bare.ToString(), EmailLengthMax) is null;

    static string? After(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;

    static bool IsGood(string id, int lengthMax) => Ids.Fault(id, lengthMax) is null && !Ids.IsPlaceholder(id);

    [GeneratedRegex(@"^[a-z][a-z0-9_-]{0,31}\z")]
    private static partial Regex TypeShape();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex HashShape();
}
