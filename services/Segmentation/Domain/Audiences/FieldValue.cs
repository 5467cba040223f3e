namespace Perennial.Segmentation.Domain.Audiences;

internal enum FieldKind : byte
{
    /// <summary>The customer has no value.</summary>
    None,
    Text,
    Number,
    Flag,
    Instant,
}

/// <summary>A customer's value of a field, or what a rule compares it with. The default is no value.</summary>
internal readonly record struct FieldValue
{
    readonly decimal _number;

    FieldValue(FieldKind kind, decimal number, string? text = null) => (Kind, _number, AsText) = (kind, number, text);

    public FieldKind Kind { get; }

    /// <summary>Of <see cref="FieldKind.Text"/>.</summary>
    public string? AsText { get; }

    /// <summary>Of <see cref="FieldKind.Number"/>.</summary>
    public decimal AsNumber => _number;

    /// <summary>Of <see cref="FieldKind.Flag"/>.</summary>
    public bool AsFlag => _number != 0;

    /// <summary>Of <see cref="FieldKind.Instant"/>.</summary>
    public DateTimeOffset AsInstant => new((long)_number, TimeSpan.Zero);

    public static FieldValue Of(string? text) => text is null ? default : new(FieldKind.Text, 0, text);

    public static FieldValue Of(decimal? number) => number is { } known ? new(FieldKind.Number, known) : default;

    public static FieldValue Of(bool? flag) => flag is { } known ? new(FieldKind.Flag, known ? 1 : 0) : default;

    public static FieldValue Of(DateTimeOffset? instant) => instant is { } known ? new(FieldKind.Instant, known.UtcTicks) : default;

    /// <summary>What lies beyond the numbers that are compared is as good as the last of them; what is no number is no value.</summary>
    public static FieldValue Of(double? number) => number is { } known && !double.IsNaN(known) ? Of((decimal)Math.Clamp(known, -NumberMax, NumberMax)) : default;

    const double NumberMax = 1e27;

    /// <summary>Less than 0 where this one comes first. Values of one kind only.</summary>
    public int CompareTo(FieldValue other) => Kind == FieldKind.Text ? string.CompareOrdinal(AsText, other.AsText) : _number.CompareTo(other._number);
}
