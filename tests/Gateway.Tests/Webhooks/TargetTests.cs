using System.Net;
using Perennial.Gateway.Webhooks;

namespace Perennial.Gateway.Tests.Webhooks;

public sealed class TargetTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.19.0.1", false)]
    [InlineData("203.0.113.9", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    public void Knows_the_addresses_of_the_public_internet(string address, bool isPublic) => Assert.Equal(isPublic, Addresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://hooks.example.com/a?b=c", "")]
    [InlineData("https://8.8.8.8:8443/", "")]
    [InlineData("http://hooks.example.com/", "must be https")]
    [InlineData("ftp://hooks.example.com/", "must be an absolute https URL")]
    [InlineData("/hook", "must be an absolute https URL")]
    [InlineData("", "must be an absolute https URL")]
    [InlineData("https://user:pass@hooks.example.com/", "must not carry credentials")]
    [InlineData("https://hooks.example.com/#a", "must not have a fragment")]
    [InlineData("https://localhost/", "Webhooks:AllowPrivateAddresses")]
    [InlineData("https://127.1/", "Webhooks:AllowPrivateAddresses")]
    [InlineData("https://0x7f000001/", "Webhooks:AllowPrivateAddresses")]
    [InlineData("https://[::1]/", "Webhooks:AllowPrivateAddresses")]
    [InlineData("https://[::ffff:10.0.0.1]/", "Webhooks:AllowPrivateAddresses")]
    [InlineData("https://169.254.169.254/latest/meta-data", "Webhooks:AllowPrivateAddresses")]
    public void A_URL_that_may_not_be_called_is_refused_with_the_remedy(string url, string problem) => AssertProblem(problem, Target.Problem(url, allowPrivateAddresses: false));

    [Theory]
    [InlineData("https://10.0.0.1/", "")]
    [InlineData("http://localhost:5000/", "")]
    [InlineData("http://127.0.0.1/", "")]
    [InlineData("http://10.0.0.1/", "must be https")]
    [InlineData("http://hooks.example.com/", "must be https")]
    public void Where_private_addresses_are_allowed_only_loopback_may_do_without_TLS(string url, string problem) => AssertProblem(problem, Target.Problem(url, allowPrivateAddresses: true));

    [Fact]
    public void A_URL_has_a_length() => AssertProblem("at most 2000 characters", Target.Problem("https://a.example/" + new string('x', 2_000), false));

    static void AssertProblem(string expected, string? found)
    {
        if (expected.Length == 0) Assert.Null(found);
        else Assert.Contains(expected, found, StringComparison.Ordinal);
    }
}
