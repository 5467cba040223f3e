using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

/// <summary>All that is wrong with one event. Costs nothing while nothing is.</summary>
internal sealed class Faults
{
    List<FieldViolation>? _found;

    public void Add(string field, string description) => (_found ??= []).Add(new FieldViolation { Field = field, Description = description });

    /// <summary>Adds unless <paramref name="ok"/>.</summary>
    public void Require(bool ok, string field, string description)
    {
        if (!ok) Add(field, description);
    }

    /// <summary>What was found since the last call; null when nothing was.</summary>
    public IReadOnlyList<FieldViolation>? Take()
    {
        var found = _found;
        _found = null;
        return found;
    }
}
