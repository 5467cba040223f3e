using System.Globalization;

namespace Perennial.Foundation.Filters;

/// <summary>A filter that cannot be read, or that asks for what there is not. The message names the position, what is wrong and what to write instead.</summary>
public sealed class FilterException(int position, string message) : Exception(string.Create(CultureInfo.InvariantCulture, $"position {position}: {message}"))
{
    /// <summary>The character at which it went wrong, from 1; one beyond the last where something is missing at the end.</summary>
    public int Position { get; } = position;

    /// <summary>A word of the caller's as messages quote it: they travel in headers, which hold little.</summary>
    internal static string Quoted(string text) => text.Length > QuotedLengthMax ? $"'{text[..QuotedLengthMax]}...'" : $"'{text}'";

    const int QuotedLengthMax = 60;
}
