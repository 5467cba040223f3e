using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Perennial.Common.V1;

namespace Perennial.Foundation.Grpc;

/// <summary>Paging after AIP-158: 0 means the default, too much means the most, negative is refused; a token belongs to its arguments.</summary>
public static class Pages
{
    public static int Size(int asked, int otherwise, int most)
    {
        new Violations().PageSize(asked).Throw();
        return asked == 0 ? otherwise : Math.Min(asked, most);
    }

    /// <summary>A token that continues after <paramref name="cursor"/>, valid for the same <paramref name="arguments"/> only.</summary>
    public static string Token(string cursor, params string[] arguments)
        => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new[] { cursor, Print(arguments) }));

    /// <summary>The cursor of a token, or null for the first page.</summary>
    public static string? Cursor(string token, params string[] arguments)
    {
        if (string.IsNullOrEmpty(token)) return null;
        try
        {
            if (JsonSerializer.Deserialize<string[]>(Base64Url.DecodeFromChars(token)) is [var cursor, var print] && print == Print(arguments)) return cursor;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // Falls through to the refusal: nobody but a list call makes valid tokens.
        }
        throw Errors.Of(CommonErrorReason.PageTokenInvalid, "page_token does not belong to these arguments; start again without it.");
    }

    // As JSON, where ["a", "b"] and ["a\nb"] cannot look alike.
    static string Print(string[] arguments) => Base64Url.EncodeToString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(arguments)).AsSpan(0, 9));
}
