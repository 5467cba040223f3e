using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Perennial.Gateway.Transcoding;

namespace Perennial.Gateway.Tests.Transcoding;

/// <summary>Every RPC with an http annotation, in whatever contract: read from the descriptors, so that a new one is tested by being there.</summary>
public sealed class EveryRpcTests
{
    static readonly IReadOnlyList<JsonRoute> Routes = [.. Houses.Services.SelectMany(JsonRoute.Of)];

    public static TheoryData<string> Methods() => [.. Routes.Select(r => r.Method.FullName).Distinct()];

    [Fact]
    public void Every_annotated_rpc_is_served()
    {
        var annotated = Houses.Services.SelectMany(s => s.Methods).Where(m => m.GetOptions()?.GetExtension(Google.Api.AnnotationsExtensions.Http) is not null).Select(m => m.FullName);
        Assert.Equal(annotated, Routes.Select(r => r.Method.FullName).Distinct());
        Assert.True(Routes.Count >= 15);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Path_query_and_body_become_the_request_and_the_answer_becomes_JSON(string method)
    {
        await using var gateway = await TestGateway.StartAsync();
        foreach (var route in Routes.Where(r => r.Method.FullName == method))
        {
            gateway.Script.Calls.Clear();
            var request = Samples.Of(route.Method.InputType);
            // A feed that follows does not end by itself; a flag that is not set is not sent.
            route.Method.InputType.FindFieldByName("follow")?.Accessor.Clear(request);
            var answers = Enumerable.Range(0, route.Method.IsServerStreaming ? 3 : 1).Select(_ => Samples.Of(route.Method.OutputType)).ToList();
            gateway.Script.Answers = (_, _) => answers;

            using var message = new HttpRequestMessage(new HttpMethod(route.Verb), Uri(route, request)) { Content = Content(route, request) };
            using var response = await gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

            Assert.True(response.IsSuccessStatusCode, text);
            var call = gateway.Script.Only(route.Method.Name);
            Assert.Equal($"/{route.Method.Service.FullName}/{route.Method.Name}", call.Method);
            Assert.Equal(request, call.Request);
            Assert.Equal(route.Method.IsServerStreaming ? "application/x-ndjson" : "application/json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal(answers, Lines(route, text).Select(line => JsonParser.Default.Parse(line, route.Method.OutputType)));
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task An_empty_answer_shows_its_zeros(string method)
    {
        await using var gateway = await TestGateway.StartAsync();
        var route = Routes.First(r => r.Method.FullName == method);
        gateway.Script.Answers = (_, _) => [Fields.New(route.Method.OutputType)];
        using var message = new HttpRequestMessage(new HttpMethod(route.Verb), Uri(route, Samples.Of(route.Method.InputType), query: false));
        if (route.Body == "*") message.Content = new StringContent("{}");
        using var response = await gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
        using var json = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        foreach (var field in route.Method.OutputType.Fields.InDeclarationOrder().Where(f => !f.HasPresence && f.Name is not ("results" or "recorded_count")))
            Assert.True(json.RootElement.TryGetProperty(field.JsonName, out _), field.JsonName);
    }

    static string[] Lines(JsonRoute route, string text) => route.Method.IsServerStreaming ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [text];

    static Uri Uri(JsonRoute route, IMessage request, bool query = true)
    {
        var rule = route.Method.GetOptions().GetExtension(Google.Api.AnnotationsExtensions.Http);
        var path = route.Verb switch { "GET" => rule.Get, "PATCH" => rule.Patch, "DELETE" => rule.Delete, _ => rule.Post };
        foreach (var variable in route.Path.Variables)
            path = path.Replace($"{{{variable.Field}}}", System.Uri.EscapeDataString(Samples.Text(route.Method.InputType.FindFieldByName(variable.Field).Accessor.GetValue(request))), StringComparison.Ordinal);
        return new Uri(path + (query && route.Body.Length == 0 ? Query(route, request) : ""), UriKind.Relative);
    }

    // Names of the .proto and of ProtoJSON by turns: both are right.
    static string Query(JsonRoute route, IMessage request)
    {
        var query = new StringBuilder("?");
        foreach (var (i, field) in route.Method.InputType.Fields.InDeclarationOrder().Index())
        {
            if (route.Path.Variables.Any(v => v.Field == field.Name) || (field.HasPresence && !field.Accessor.HasValue(request))) continue;
            foreach (var value in field.Accessor.GetValue(request) is System.Collections.IList { } list ? list.Cast<object>() : [field.Accessor.GetValue(request)])
                query.Append(i % 2 == 0 ? field.Name : field.JsonName).Append('=').Append(System.Uri.EscapeDataString(Samples.Text(value))).Append('&');
        }
        return query.ToString().TrimEnd('&', '?');
    }

    static StringContent? Content(JsonRoute route, IMessage request)
        => route.Body.Length == 0 ? null : new StringContent(JsonFormatter.Default.Format(request), Encoding.UTF8, "application/json");
}
