using System.Text;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Perennial.Foundation.Grpc;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Perennial.Gateway.Transcoding;

/// <summary>One HTTP binding of one RPC, and how its request message is read from path, query and body.</summary>
internal sealed record JsonRoute(MethodDescriptor Method, string Verb, PathTemplate Path, string Body)
{
    const string Whole = "*";

    // Unknown fields are refused: a misspelt field that is silently dropped is the worst answer.
    static readonly JsonParser Parser = new(JsonParser.Settings.Default);

    /// <summary>All bindings of a service, additional ones included.</summary>
    /// <exception cref="FormatException">When an annotation cannot be served; found at start.</exception>
    public static IEnumerable<JsonRoute> Of(ServiceDescriptor service)
        => service.Methods.SelectMany(method => method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is { } rule
            ? rule.AdditionalBindings.Prepend(rule).Select(r => Of(method, r))
            : []);

    public static JsonRoute Of(MethodDescriptor method, HttpRule rule)
    {
        var (verb, path) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => (HttpMethods.Get, rule.Get),
            HttpRule.PatternOneofCase.Put => (HttpMethods.Put, rule.Put),
            HttpRule.PatternOneofCase.Post => (HttpMethods.Post, rule.Post),
            HttpRule.PatternOneofCase.Delete => (HttpMethods.Delete, rule.Delete),
            HttpRule.PatternOneofCase.Patch => (HttpMethods.Patch, rule.Patch),
            HttpRule.PatternOneofCase.Custom => (rule.Custom.Kind, rule.Custom.Path),
            _ => throw new FormatException($"{method.FullName}: the http annotation has no pattern."),
        };
        if (method.IsClientStreaming) throw new FormatException($"{method.FullName}: a stream of requests has no JSON form.");
        if (rule.Body is not ("" or Whole) && method.InputType.FindFieldByName(rule.Body) is null) throw new FormatException($"{method.FullName}: body '{rule.Body}' is not a field.");
        return new JsonRoute(method, verb, PathTemplate.Parse(path), rule.Body);
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT with every violation; REQUEST_TOO_LARGE.</exception>
    public async Task<IMessage> ReadAsync(HttpContext context, Bodies bodies)
    {
        var request = Body.Length == 0 ? Fields.New(Method.InputType) : await ReadBodyAsync(context, bodies);
        var violations = new Violations();
        foreach (var (field, value) in Bound(context)) SetFromPath(request, field, value, violations);
        foreach (var (name, values) in context.Request.Query) SetFromQuery(request, name, values, violations);
        violations.Throw();
        return request;
    }

    IReadOnlyList<(string Field, string Value)> Bound(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        // An absolute target, or one with dot segments, is matched as the server understood it.
        return (target.StartsWith('/') ? Path.Match(target.Split('?', 2)[0]) : null)
            ?? Path.Match(context.Request.Path.ToUriComponent())
            ?? throw Errors.Of(Common.V1.CommonErrorReason.RouteNotFound, $"No route answers {context.Request.Method} {context.Request.Path}.");
    }

    static void SetFromPath(IMessage request, string field, string value, Violations violations)
    {
        var before = Fields.Find(request, field)?.Accessor.GetValue(request) as string;
        if (!string.IsNullOrEmpty(before) && before != value) violations.Add(field, $"is '{before}' in the body and '{value}' in the path");
        else if (Fields.Set(request, field, value) is { } problem) violations.Add(field, problem);
    }

    void SetFromQuery(IMessage request, string name, StringValues values, Violations violations)
    {
        if (Body == Whole) violations.Add(name, "is not read from the query: everything beside the path is in the body");
        else if (Path.Variables.Any(v => v.Field == (Fields.Find(request, name)?.Name ?? name))) violations.Add(name, "is part of the path");
        else if (values.Count > 1 && Fields.Find(request, name) is { IsRepeated: false }) violations.Add(name, "is given more than once");
        else
        {
            foreach (var value in values)
                if (Fields.Set(request, name, value ?? "") is { } problem) violations.Add(name, problem);
        }
    }

    async Task<IMessage> ReadBodyAsync(HttpContext context, Bodies bodies)
    {
        var text = Encoding.UTF8.GetString((await bodies.ReadAsync(context)).Span);
        if (string.IsNullOrWhiteSpace(text)) text = "{}";
        // A field as body is the same as a message with that field alone.
        var json = Body == Whole ? text : $$"""{"{{Method.InputType.FindFieldByName(Body).JsonName}}":{{text}}}""";
        try
        {
            return Parser.Parse(json, Method.InputType);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IOException or InvalidOperationException or FormatException or OverflowException)
        {
            throw Errors.Invalid([Violation(e.Message)]);
        }
    }

    // The parser names the field in its sentence only.
    (string Field, string Description) Violation(string message)
    {
        const string Unknown = "Unknown field: ";
        return message.StartsWith(Unknown, StringComparison.Ordinal)
            ? (message[Unknown.Length..], $"is not a field of {Method.InputType.Name} or of what it holds")
            : ("", $"the body is not a {Method.InputType.Name}: {message}");
    }
}
