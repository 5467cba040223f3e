using System.Text.Json;
using System.Text.Json.Nodes;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Quarantine;
using Perennial.Testing;

namespace Perennial.Gateway.Tests.Quarantine;

public sealed class PatchTests
{
    const string Item = """{"event":"E","properties":{"amount":12.50,"list":[{"cost":1,"n":"a"},7,{"cost":2}],"deep":{"a":1}}}""";

    static Patch Read(string json, out IReadOnlyList<string> fields)
    {
        var violations = new Violations();
        using var document = JsonDocument.Parse(json);
        var patch = Patch.Read(document.RootElement, violations);
        try
        {
            violations.Throw();
            fields = [];
        }
        catch (Grpc.Core.RpcException e)
        {
            fields = [.. Refused.Fields(e)];
        }
        return patch;
    }

    [Theory]
    [InlineData("""{"rename":{"properties.amount":"properties.total"}}""", """{"event":"E","properties":{"list":[{"cost":1,"n":"a"},7,{"cost":2}],"deep":{"a":1},"total":12.50}}""")]
    [InlineData("""{"rename":{"properties.list[].cost":"properties.list[].price"}}""", """{"event":"E","properties":{"amount":12.50,"list":[{"n":"a","price":1},7,{"price":2}],"deep":{"a":1}}}""")]
    [InlineData("""{"rename":{"properties.list":"properties.products"}}""", """{"event":"E","properties":{"amount":12.50,"deep":{"a":1},"products":[{"cost":1,"n":"a"},7,{"cost":2}]}}""")]
    [InlineData("""{"rename":{"properties.deep.a":"other.b.c"}}""", """{"event":"E","properties":{"amount":12.50,"list":[{"cost":1,"n":"a"},7,{"cost":2}],"deep":{}},"other":{"b":{"c":1}}}""")]
    [InlineData("""{"rename":{"nothing.here":"x","properties.amount.x":"y","event[].a":"event[].b"}}""", Item)]
    [InlineData("""{"set":{"event":"F","properties.list[].n":{"x":[1]},"context.ip":null}}""", """{"event":"F","properties":{"amount":12.50,"list":[{"cost":1,"n":{"x":[1]}},7,{"cost":2,"n":{"x":[1]}}],"deep":{"a":1}},"context":{"ip":null}}""")]
    [InlineData("""{"remove":["properties.list","properties.deep.a","properties.none","nothing.x"]}""", """{"event":"E","properties":{"amount":12.50,"deep":{}}}""")]
    [InlineData("""[{"rename":{"properties.amount":"properties.a"}},{"rename":{"properties.a":"properties.b"},"set":{"properties.list":1},"remove":["properties.deep"]}]""", """{"event":"E","properties":{"list":1,"b":12.50}}""")]
    [InlineData("{}", Item)]
    public void Leaves_the_item_as_it_says(string patch, string expected)
    {
        var read = Read(patch, out var fields);
        Assert.Empty(fields);
        var patched = read.Apply(Item);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(patched)), patched);
        // Digits stay as they came.
        if (patched.Contains("12.5", StringComparison.Ordinal)) Assert.Contains("12.50", patched, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", "patch")]
    [InlineData("[7]", "patch[0]")]
    [InlineData("""{"move":{}}""", "patch.move")]
    [InlineData("""{"rename":["a"],"set":7,"remove":{}}""", "patch.rename,patch.set,patch.remove")]
    [InlineData("""{"rename":{"a":7}}""", "patch.rename")]
    [InlineData("""{"rename":{"a..b":"c"}}""", "patch.rename")]
    [InlineData("""{"rename":{"a[].b":"a.b"}}""", "patch.rename")]
    [InlineData("""{"rename":{"a[].b":"c[].b"}}""", "patch.rename")]
    [InlineData("""{"set":{"a[]":1}}""", "patch.set")]
    [InlineData("""{"remove":["", 7]}""", "patch.remove,patch.remove")]
    public void Says_what_is_wrong_with_it(string patch, string fields)
    {
        Read(patch, out var found);
        Assert.Equal(fields.Split(','), found);
    }

    [Fact]
    public void What_is_no_object_is_left_alone() => Assert.Equal("[1]", Read("""{"set":{"a":1}}""", out _).Apply("[1]"));
}
