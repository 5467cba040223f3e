using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Transcoding;

namespace Perennial.Gateway.Tests.Transcoding;

/// <summary>Bindings that the contract does not use yet: a field as body, a further binding, a resource name.</summary>
public sealed class JsonRouteTests
{
    static readonly JsonRoute[] Update = [.. Of("UpdateShelf")];

    static IEnumerable<JsonRoute> Of(string method)
    {
        var descriptor = ShelfReflection.Descriptor.Services.Single().Methods.Single(m => m.Name == method);
        var rule = descriptor.GetOptions().GetExtension(Google.Api.AnnotationsExtensions.Http);
        return rule.AdditionalBindings.Prepend(rule).Select(r => JsonRoute.Of(descriptor, r));
    }

    static Task<Google.Protobuf.IMessage> ReadAsync(JsonRoute route, string target, string body)
    {
        var context = new DefaultHttpContext();
        var (path, query) = target.Split('?', 2) is [var p, var q] ? (p, "?" + q) : (target, "");
        context.Request.Path = path;
        context.Request.QueryString = new QueryString(query);
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = target;
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        return route.ReadAsync(context, new Bodies(Options.Create(new GatewayOptions())));
    }

    [Fact]
    public async Task A_field_may_be_the_body_and_the_rest_the_query()
        => Assert.Equal(
            new UpdateShelfRequest { Name = "shelves/a/b", Shelf = new Shelf { Label = "new", Width = 0.1 }, UpdateMask = FieldMask.FromString("label,width") },
            await ReadAsync(Update[0], "/v1/shelves/a%2Fb?updateMask=label,width", """{"label":"new","width":0.1}"""));

    [Fact]
    public async Task A_further_binding_has_a_verb_of_its_own()
    {
        Assert.Equal(["PATCH", "PUT"], Update.Select(r => r.Verb));
        Assert.Equal(
            new UpdateShelfRequest { Name = "shelves/a", Shelf = new Shelf { Small = 7 } },
            await ReadAsync(Update[1], "/v1/shelves/a:replace", """{"shelf":{"small":7}}"""));
    }

    [Theory]
    [InlineData("""{"shelf":{"labl":"x"}}""")]
    [InlineData("""{"shelf":7}""")]
    [InlineData("""{"name":"shelves/other"}""")]
    public async Task A_wrong_body_is_refused(string body)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(Update[1], "/v1/shelves/a:replace", body));
        Assert.Equal("INVALID_ARGUMENT", Errors.Reason(error)?.Reason);
    }

    [Fact]
    public void A_stream_of_requests_is_a_fault_of_the_contract() => Assert.Throws<FormatException>(() => Of("Watch").ToList());
}
