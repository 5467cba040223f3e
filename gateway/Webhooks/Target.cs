using System.Net;

namespace Perennial.Gateway.Webhooks;

/// <summary>Where a webhook may point. What a name stands for is looked at when it is connected to, since it may change at any time.</summary>
internal static class Target
{
    const int LengthMax = 2_000;

    /// <summary>What is wrong with a URL, with the remedy, or null.</summary>
    public static string? Problem(string url, bool allowPrivateAddresses)
    {
        if (url.Length > LengthMax) return $"must have at most {LengthMax} characters, has {url.Length}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Host.Length == 0) return "must be an absolute https URL such as https://hooks.example.com/perennial";
        if (uri.UserInfo.Length > 0) return "must not carry credentials: deliveries are signed; verify the webhook-signature header instead";
        if (uri.Fragment.Length > 0) return "must not have a fragment (#...): it is never sent";
        if (!allowPrivateAddresses && IsPrivate(uri)) return $"'{uri.Host}' is not an address of the public internet; use one that is, or set Webhooks:AllowPrivateAddresses";
        if (uri.Scheme == "http" && !(allowPrivateAddresses && uri.IsLoopback)) return "must be https; http is for loopback hosts alone, and for them only with Webhooks:AllowPrivateAddresses";
        return null;
    }

    static bool IsPrivate(Uri uri) => uri.IsLoopback || uri.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 && !Addresses.IsPublic(IPAddress.Parse(uri.DnsSafeHost));
}
