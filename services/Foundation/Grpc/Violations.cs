using System.Globalization;

namespace Perennial.Foundation.Grpc;

/// <summary>Collects all that is wrong with a request, then refuses it once.</summary>
public sealed class Violations
{
    readonly List<(string Field, string Description)> _found = [];

    public bool Any => _found.Count > 0;

    public Violations Add(string field, string description)
    {
        _found.Add((field, description));
        return this;
    }

    /// <summary>Adds the violation unless <paramref name="ok"/>.</summary>
    public Violations Require(bool ok, string field, string description) => ok ? this : Add(field, description);

    public Violations Text(string value, string field, int min, int max)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Require(value.Length >= min && value.Length <= max, field, string.Create(CultureInfo.InvariantCulture, $"must have {min} to {max} characters, has {value.Length}"));
    }

    /// <summary>What <see cref="Pages.Size"/> refuses, together with all else.</summary>
    public Violations PageSize(int asked) => Require(asked >= 0, "page_size", "must be 0 (the default) or more");

    /// <exception cref="global::Grpc.Core.RpcException">INVALID_ARGUMENT with every violation, when there is any.</exception>
    public void Throw()
    {
        if (Any) throw Errors.Invalid(_found);
    }
}
