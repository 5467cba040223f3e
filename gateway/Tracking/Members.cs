using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Perennial.Gateway.Tracking;

/// <summary>
/// An object as its sender wrote it, and which of its members found a field of ours. The rest goes on as it came: nothing is dropped
/// because nobody here has a name for it.
/// </summary>
internal sealed class Members
{
    /// <summary>Of what is no object.</summary>
    public static readonly Members None = new([]);

    readonly Member[] _all;

    Members(Member[] all) => _all = all;

    /// <summary>A member, and what is left of it once it was read: nothing, unless <see cref="Inside"/> says what.</summary>
    struct Member
    {
        public string Name;
        public JsonElement Value;
        public bool Read;
        public object? Inside;
    }

    /// <param name="element">What is no object has no members.</param>
    /// <param name="shared">What holds where the object itself does not say otherwise, name by name.</param>
    public static Members Of(JsonElement? element, IReadOnlyList<(string Name, JsonElement Value)>? shared = null)
    {
        var own = element is { ValueKind: JsonValueKind.Object } there ? there.GetPropertyCount() : 0;
        if (own == 0 && shared is not { Count: > 0 }) return None;
        var all = new Member[own];
        var i = 0;
        if (own > 0)
        {
            foreach (var property in element!.Value.EnumerateObject()) all[i++] = new Member { Name = property.Name, Value = property.Value };
        }
        var members = new Members(all);
        return shared is { Count: > 0 } ? members.Over(shared) : members;
    }

    Members Over(IReadOnlyList<(string Name, JsonElement Value)> shared)
    {
        var own = _all.Where(m => m.Value.ValueKind != JsonValueKind.Null).Select(m => m.Name).ToHashSet();
        var under = shared.Where(s => !own.Contains(s.Name)).ToList();
        if (under.Count == 0) return this;
        var names = under.Select(s => s.Name).ToHashSet();
        return new Members([.. _all.Where(m => !names.Contains(m.Name)), .. under.Select(s => new Member { Name = s.Name, Value = s.Value })]);
    }

    JsonElement? Find(string name)
    {
        for (var i = _all.Length - 1; i >= 0; i--)
            if (_all[i].Name == name) return _all[i].Value;
        return null;
    }

    /// <summary>A member without reading it; null when it is absent or JSON null. Of members of one name the last counts.</summary>
    public JsonElement? Peek(string name) => Find(name) is { ValueKind: not JsonValueKind.Null } value ? value : null;

    /// <summary>A text, number or boolean as text, without reading it; empty when it is absent or something else.</summary>
    public string PeekText(string name) => Peek(name)?.Text() ?? "";

    /// <summary>A member that has found its field. One that is null is read too: it says nothing.</summary>
    public JsonElement? Take(string name)
    {
        Read(name, null);
        return Peek(name);
    }

    /// <summary>A text, number or boolean as text, read; null when the member is absent or null, or something else, which is then left.</summary>
    public string? TakeText(string name)
    {
        var value = Peek(name);
        var text = value?.Text();
        if (text is not null || value is null) Read(name, null);
        return text;
    }

    /// <summary>The members of a member; what is left of them stays under its name. None for what is no object, which is left whole.</summary>
    public Members Inner(string name)
    {
        if (Peek(name) is not { ValueKind: JsonValueKind.Object } value) return None;
        foreach (ref readonly var member in _all.AsSpan())
            if (member.Name == name && member.Inside is Members begun) return begun;
        var inner = Of(value);
        Read(name, inner);
        return inner;
    }

    /// <summary>Says what is left of a list: for each entry what is left of that, at its place, or nothing when nothing is left of any.</summary>
    public void TakeList(string name, IReadOnlyList<Members> entries) => Read(name, entries);

    /// <summary>Says what is left of a member; null when nothing is.</summary>
    public void Keep(string name, Value? rest) => Read(name, rest);

    void Read(string name, object? inside)
    {
        for (var i = 0; i < _all.Length; i++)
        {
            if (_all[i].Name != name) continue;
            (_all[i].Read, _all[i].Inside) = (true, inside);
        }
    }

    /// <summary>What nobody read, name by name; null when all was.</summary>
    /// <param name="but">Names that are not worth keeping.</param>
    public Struct? Rest(ICollection<string>? but = null)
    {
        Struct? rest = null;
        foreach (ref readonly var member in _all.AsSpan())
        {
            if (but?.Contains(member.Name) != true && Left(in member) is { } left) (rest ??= new Struct()).Fields[member.Name] = left;
        }
        return rest;
    }

    static Value? Left(ref readonly Member member) => !member.Read ? Structs.ToValue(member.Value) : member.Inside switch
    {
        Members inner => inner.Rest() is { } rest ? Value.ForStruct(rest) : null,
        IReadOnlyList<Members> entries => entries.Select(e => e.Rest()).ToArray() is var rests && rests.Any(r => r is not null) ? Value.ForList([.. rests.Select(r => Value.ForStruct(r ?? new Struct()))]) : null,
        Value kept => kept,
        _ => null,
    };

    /// <summary>The members of an object to be laid under those of others.</summary>
    public static IReadOnlyList<(string Name, JsonElement Value)> Listed(JsonElement? element)
        => element is { ValueKind: JsonValueKind.Object } there ? [.. there.EnumerateObject().Select(p => (p.Name, p.Value))] : [];
}
