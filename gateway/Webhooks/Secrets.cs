using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Perennial.Gateway.Webhooks;

/// <summary>What signs: the secret, and after a rotation the one before it for a while. In clear, as whoever signs must have them.</summary>
internal sealed record Secrets(string Current, string? Old, DateTimeOffset? OldUntil)
{
    const string Prefix = "whsec_";

    // Standard Webhooks: 24 to 64.
    const int RandomBytes = 32;

    public static Secrets New() => new(Generate(), null, null);

    public Secrets Rotated(DateTimeOffset oldUntil) => new(Generate(), Current, oldUntil);

    /// <summary>The <c>webhook-signature</c> header: a signature by each secret in force, separated by spaces.</summary>
    public string Sign(string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        var signature = Signature(Current, id, timestamp, body);
        return Old is not null && timestamp < OldUntil ? $"{signature} {Signature(Old, id, timestamp, body)}" : signature;
    }

    /// <summary>Standard Webhooks, symmetric: <c>v1,</c> and base64 of HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
    internal static string Signature(string secret, string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromBase64String(secret[Prefix.Length..]));
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp.ToUnixTimeSeconds()}.")));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }

    static string Generate() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(RandomBytes));
}
