using System.Net;
using System.Net.Sockets;

namespace Perennial.Gateway.Webhooks;

/// <summary>Which addresses are of the public internet, after the IANA special-purpose registries.</summary>
internal static class Addresses
{
    static readonly IPNetwork[] Special4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    /// <summary>All that is given out for the internet; what is special within it: protocol assignments with Teredo, documentation, 6to4.</summary>
    static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");
    static readonly IPNetwork[] Special6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(n => IPNetwork.Parse(n))];

    /// <summary>Stands for an IPv4 address where there is IPv6 only (RFC 6052).</summary>
    static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return IsPublic(address.MapToIPv4());
        if (address.AddressFamily == AddressFamily.InterNetwork) return !Special4.Any(n => n.Contains(address));
        if (Nat64.Contains(address)) return IsPublic(new IPAddress(address.GetAddressBytes()[12..]));
        return Global6.Contains(address) && !Special6.Any(n => n.Contains(address));
    }
}
