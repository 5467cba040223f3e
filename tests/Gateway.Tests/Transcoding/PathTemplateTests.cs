using Perennial.Gateway.Transcoding;

namespace Perennial.Gateway.Tests.Transcoding;

public sealed class PathTemplateTests
{
    [Theory]
    [InlineData("/v1/shops/{shop}", "/v1/shops/acme", "shop=acme")]
    [InlineData("/v1/shops/{shop}", "/v1/shops/a%2Fb%20c", "shop=a/b c")]
    [InlineData("/v1/shops/{shop}", "/v1/shops/a%252Fb", "shop=a%2Fb")]
    [InlineData("/v1/shops/{shop}", "/v1/shops/a+b", "shop=a+b")]
    [InlineData("/v1/shops/{shop}", "/v1/shops/", null)]
    [InlineData("/v1/shops/{shop}", "/v1/shops/acme/more", null)]
    [InlineData("/v1/shops/{shop}", "/v2/shops/acme", null)]
    [InlineData("/v1/shops/{shop}/events:record", "/v1/shops/acme/events:record", "shop=acme")]
    [InlineData("/v1/shops/{shop}/events:record", "/v1/shops/acme/events%3Arecord", "shop=acme")]
    [InlineData("/v1/shops/{shop}/events:record", "/v1/shops/acme/events", null)]
    [InlineData("/v1/{name=shops/*/customers/*}", "/v1/shops/a/customers/user:1", "name=shops/a/customers/user:1")]
    [InlineData("/v1/{name=shops/*}/feed/{partition}", "/v1/shops/a/feed/3", "name=shops/a;partition=3")]
    [InlineData("/v1/{name=shops/*}", "/v1/stores/a", null)]
    [InlineData("/v1/{customer}:merge", "/v1/user:1:merge", "customer=user:1")]
    [InlineData("/v1/{customer}:merge", "/v1/user:1", null)]
    [InlineData("/v1/files/{path=**}", "/v1/files/a/b/c", "path=a/b/c")]
    [InlineData("/v1/files/{path=**}", "/v1/files", "path=")]
    [InlineData("/v1/files/{file.path=dir/**}", "/v1/files/dir/x/y", "file.path=dir/x/y")]
    [InlineData("/v1/*/fixed", "/v1/anything/fixed", "")]
    public void Matches_the_path_as_it_was_sent(string template, string path, string? expected)
    {
        var bound = PathTemplate.Parse(template).Match(path);
        Assert.Equal(expected, bound is null ? null : string.Join(';', bound.Select(b => $"{b.Field}={b.Value}")));
    }

    [Theory]
    [InlineData("/v1/shops/{shop}/events:record", "/v1/shops/{p2}/events:record")]
    [InlineData("/v1/{name=shops/*}/feed/{partition}", "/v1/shops/{p2}/feed/{p4}")]
    [InlineData("/v1/{customer}:merge", "/v1/{p1}:merge")]
    [InlineData("/v1/files/{path=**}", "/v1/files/{**p2}")]
    public void Becomes_a_route_pattern(string template, string expected) => Assert.Equal(expected, PathTemplate.Parse(template).RoutePattern);

    [Theory]
    [InlineData("v1/shops")]
    [InlineData("/v1//shops")]
    [InlineData("/v1/**/shops")]
    [InlineData("/")]
    public void Refuses_what_is_no_template(string template) => Assert.Throws<FormatException>(() => PathTemplate.Parse(template));
}
