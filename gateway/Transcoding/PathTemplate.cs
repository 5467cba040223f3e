using System.Text;

namespace Perennial.Gateway.Transcoding;

/// <summary>
/// A path template of google.api.http: literals, <c>*</c>, a final <c>**</c>, <c>{field}</c>, <c>{field=items/*}</c> and a custom verb at the end
/// (<c>:record</c>). Grammar: google/api/http.proto. Matching is on the path as it was sent, so that an id may hold an encoded slash.
/// </summary>
internal sealed class PathTemplate
{
    const string One = "*";
    const string Rest = "**";

    /// <summary>A field bound by segments [<paramref name="From"/>, <paramref name="To"/>) of the path.</summary>
    internal readonly record struct Variable(string Field, int From, int To);

    readonly IReadOnlyList<string> _segments;
    readonly string _verb;

    PathTemplate(IReadOnlyList<string> segments, IReadOnlyList<Variable> variables, string verb) => (_segments, Variables, _verb) = (segments, variables, verb);

    public IReadOnlyList<Variable> Variables { get; }

    /// <exception cref="FormatException">When it is not a template; a fault of the contract, found at start.</exception>
    public static PathTemplate Parse(string template)
    {
        if (!template.StartsWith('/')) throw new FormatException($"Path template '{template}' must start with a slash.");
        var verbAt = template.IndexOf(':', template.LastIndexOfAny(['/', '}']) + 1);
        var path = verbAt < 0 ? template[1..] : template[1..verbAt];
        var (segments, variables) = (new List<string>(), new List<Variable>());
        foreach (var part in Split(path))
        {
            if (!part.StartsWith('{')) segments.Add(part);
            else variables.Add(ReadVariable(part, segments));
        }
        if (segments.Count == 0 || segments.Any(s => s.Length == 0) || segments.SkipLast(1).Contains(Rest)) throw new FormatException($"Path template '{template}' has an empty segment, or ** before its end.");
        return new PathTemplate(segments, variables, verbAt < 0 ? "" : template[verbAt..]);
    }

    /// <summary>The same paths, loosely, as an ASP.NET route pattern.</summary>
    public string RoutePattern
    {
        get
        {
            var pattern = new StringBuilder();
            foreach (var (i, segment) in _segments.Index())
                pattern.Append('/').Append(segment switch { One => $"{{p{i}}}", Rest => $"{{**p{i}}}", _ => segment });
            return pattern.Append(_verb).ToString();
        }
    }

    /// <summary>The fields bound by a path, decoded; null when it does not match.</summary>
    public IReadOnlyList<(string Field, string Value)>? Match(string rawPath)
    {
        var parts = rawPath.TrimStart('/').Split('/').Select(Uri.UnescapeDataString).ToArray();
        var open = _segments[^1] == Rest;
        if (open ? parts.Length < _segments.Count - 1 : parts.Length != _segments.Count) return null;
        if (_verb.Length > 0)
        {
            if (!parts[^1].EndsWith(_verb, StringComparison.Ordinal)) return null;
            parts[^1] = parts[^1][..^_verb.Length];
        }
        for (var i = 0; i < _segments.Count; i++)
        {
            if (_segments[i] == Rest) break;
            if (_segments[i] == One ? parts[i].Length == 0 : _segments[i] != parts[i]) return null;
        }
        return [.. Variables.Select(v => (v.Field, string.Join('/', parts[v.From..(v.To == _segments.Count ? parts.Length : v.To)])))];
    }

    static Variable ReadVariable(string part, List<string> segments)
    {
        var inner = part[1..^1];
        var equals = inner.IndexOf('=', StringComparison.Ordinal);
        var from = segments.Count;
        segments.AddRange(equals < 0 ? [One] : inner[(equals + 1)..].Split('/'));
        return new Variable(equals < 0 ? inner : inner[..equals], from, segments.Count);
    }

    // Slashes inside braces belong to the variable.
    static IEnumerable<string> Split(string path)
    {
        var (start, depth) = (0, 0);
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] is '{') depth++;
            else if (path[i] is '}') depth--;
            else if (path[i] is '/' && depth == 0)
            {
                yield return path[start..i];
                start = i + 1;
            }
        }
        yield return path[start..];
    }
}
