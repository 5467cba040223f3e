using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Domain;

/// <summary>How a customer's traits changed. Senders say the same again with every visit: only what becomes another value is a change.</summary>
internal sealed class TraitHistory
{
    static readonly TraitHistory Empty = new([]);

    readonly SortedDictionary<string, List<Change>> _byName;

    readonly record struct Change(DateTimeOffset Time, string MessageId, FieldValue Value);

    TraitHistory(SortedDictionary<string, List<Change>> byName) => _byName = byName;

    /// <param name="said">By time, and by message where the time is the same.</param>
    public static TraitHistory Of(IReadOnlyList<Identification> said)
    {
        if (said.Count == 0) return Empty;
        var byName = new SortedDictionary<string, List<Change>>(StringComparer.Ordinal);
        foreach (var (time, message, traits) in said)
        {
            foreach (var (name, value) in traits)
            {
                if (!byName.TryGetValue(name, out var changes)) byName.Add(name, changes = []);
                // Of one instant the last message holds.
                if (changes is [.., var last] && last.Time == time) changes.RemoveAt(changes.Count - 1);
                if (value != (changes is [.., var before] ? before.Value : default)) changes.Add(new Change(time, message, value));
            }
        }
        return new TraitHistory(byName);
    }

    /// <summary>Every instant at which one becomes another, in no order.</summary>
    public IEnumerable<DateTimeOffset> Times => _byName.Values.SelectMany(c => c).Select(c => c.Time);

    /// <summary>No value before the shop says one, and after it takes it back.</summary>
    public FieldValue At(string name, DateTimeOffset instant) => _byName.TryGetValue(name, out var changes) ? At(changes, instant) : default;

    /// <summary>All that have a value at an instant, by name.</summary>
    public IReadOnlyList<Trait> At(DateTimeOffset instant)
        => _byName.Count == 0 ? [] : [.. _byName.Select(t => new Trait(t.Key, At(t.Value, instant))).Where(t => t.Value.Kind != FieldKind.None)];

    /// <summary>The message that changed one at that very instant, the last where there are several; null where none did.</summary>
    public string? ChangedBy(DateTimeOffset instant)
        => _byName.Values.SelectMany(c => c).Where(c => c.Time == instant).Select(c => c.MessageId).Max(StringComparer.Ordinal);

    static FieldValue At(List<Change> changes, DateTimeOffset instant)
        => Chronology.CountUntil(changes, instant, static c => c.Time) is > 0 and var count ? changes[count - 1].Value : default;
}
