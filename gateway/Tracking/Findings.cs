namespace Perennial.Gateway.Tracking;

/// <summary>What is wrong with one event, by the field's path as its sender wrote it.</summary>
internal sealed class Findings
{
    List<(string Field, string Description)>? _found;

    public IReadOnlyList<(string Field, string Description)> All => _found ?? [];

    public bool Any => _found is not null;

    public void Add(string field, string description) => (_found ??= []).Add((field, description));
}
