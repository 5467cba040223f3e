namespace Perennial.Gateway.Tracking;

/// <summary>What is wrong with one event, by the field's path as its sender wrote it.</summary>
internal sealed class Findings
{
    List<(string Field, string Description)>? _found;

    public IReadOnlyList<(string Field, string Description)> All => _found ?? [];

    public bool Any => _found is not null;

    /// <summary>What kind of fault the first is, of <see cref="Reasons"/>; empty without any.</summary>
    public string Reason { get; private set; } = "";

    public void Add(string reason, string field, string description)
    {
        if (!Any) Reason = reason;
        (_found ??= []).Add((field, description));
    }
}
