using System.Text;
using Microsoft.Extensions.Primitives;

namespace Perennial.Gateway.Access;

/// <summary>Where clients put their key. Every form that the SDKs of the tracking protocol use is one of these.</summary>
internal static class Credentials
{
    internal const string ApiKeyHeader = "X-Api-Key";
    internal const string WriteKeyHeader = "X-Write-Key";

    /// <summary>What may be a key in these headers, most usual first; the first that is known counts.</summary>
    public static IEnumerable<string> Of(IHeaderDictionary headers)
    {
        foreach (var value in Values(headers.Authorization)) yield return OfAuthorization(value);
        foreach (var value in Values(headers[ApiKeyHeader])) yield return value;
        foreach (var value in Values(headers[WriteKeyHeader])) yield return BeforeColon(value);
    }

    /// <summary><c>Bearer KEY</c>, <c>Basic base64(KEY:)</c> with or without the colon, <c>Basic KEY</c>, or the key alone.</summary>
    static string OfAuthorization(string value)
    {
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0) return BeforeColon(value);
        var (scheme, rest) = (value[..space], value[(space + 1)..].Trim());
        if (!scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) || rest.StartsWith(ApiKeys.Prefix, StringComparison.Ordinal)) return BeforeColon(rest);
        var decoded = new byte[rest.Length];
        return Convert.TryFromBase64String(rest, decoded, out var length) ? BeforeColon(Encoding.UTF8.GetString(decoded, 0, length)) : "";
    }

    // No key holds a colon; what follows one is a secret of the SDK's own making.
    static string BeforeColon(string value) => value.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? value[..colon] : value;

    static IEnumerable<string> Values(StringValues values) => values.Where(v => !string.IsNullOrWhiteSpace(v)).Select(v => v!.Trim());
}
