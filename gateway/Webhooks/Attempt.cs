namespace Perennial.Gateway.Webhooks;

/// <summary>What became of one attempt to deliver.</summary>
/// <param name="Status">HTTP status of the answer; 0 when there was none.</param>
/// <param name="Failure">One of <see cref="Failures"/>, or empty when it was taken.</param>
/// <param name="Text">The beginning of the answer's body. It may name customers, so it is never stored.</param>
internal sealed record Attempt(DateTimeOffset Time, int Status, string Failure, TimeSpan Duration)
{
    public string Text { get; init; } = "";

    /// <summary>What the receiver's Retry-After asks for.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public bool Delivered => Failure.Length == 0;

    /// <summary>The receiver wants nothing any more.</summary>
    public bool Gone => Status == StatusCodes.Status410Gone;
}

internal static class Failures
{
    /// <summary>An answer, but not 2xx. A redirect is one: the URL has to be that of the receiver itself.</summary>
    public const string Status = "STATUS";
    public const string Timeout = "TIMEOUT";

    /// <summary>The name stands for no address of the public internet.</summary>
    public const string AddressRefused = "ADDRESS_REFUSED";
    public const string NameNotResolved = "NAME_NOT_RESOLVED";
    public const string ConnectionFailed = "CONNECTION_FAILED";
    public const string TlsFailed = "TLS_FAILED";

    /// <summary>Nothing was sent: the feed does not come as far as the event. It was made anew, or the last one of it was erased.</summary>
    public const string NotInFeed = "NOT_IN_FEED";

    /// <summary>What came back is no HTTP, or broke off.</summary>
    public const string BadAnswer = "BAD_ANSWER";
}
