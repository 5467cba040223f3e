using System.Collections;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Perennial.Gateway.Transcoding;

/// <summary>Sets fields of a message from text, as paths and queries carry them: by the ProtoJSON name or the name in the .proto, dots lead inside.</summary>
internal static class Fields
{
    /// <summary>Sets or, for a repeated field, adds; answers what is wrong, or null.</summary>
    public static string? Set(IMessage message, string path, string text)
    {
        var names = path.Split('.');
        foreach (var name in names.SkipLast(1))
        {
            if (Find(message, name) is not { FieldType: FieldType.Message, IsRepeated: false } inner) return Unknown(message, name);
            if (inner.Accessor.GetValue(message) is not IMessage child) inner.Accessor.SetValue(message, child = New(inner.MessageType));
            message = child;
        }
        if (Find(message, names[^1]) is not { } field) return Unknown(message, names[^1]);
        if (field.IsMap) return "is a map, which a query cannot carry";
        if (!TryRead(field, text, out var value)) return $"must be {Wanted(field)}, not '{text}'";
        if (field.IsRepeated) ((IList)field.Accessor.GetValue(message)).Add(value);
        else field.Accessor.SetValue(message, value);
        return null;
    }

    public static IMessage New(MessageDescriptor type) => type.Parser.ParseFrom(ByteString.Empty);

    public static FieldDescriptor? Find(IMessage message, string name)
        => message.Descriptor.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == name || f.Name == name);

    static string Unknown(IMessage message, string name)
        => $"is not a field of {message.Descriptor.Name}: '{name}' is none of {string.Join(", ", message.Descriptor.Fields.InDeclarationOrder().Select(f => f.JsonName))}";

    static bool TryRead(FieldDescriptor field, string text, out object? value)
    {
        value = field.FieldType switch
        {
            FieldType.String => text,
            FieldType.Bool => bool.TryParse(text, out var flag) ? flag : null,
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null,
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null,
            FieldType.UInt32 or FieldType.Fixed32 => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null,
            FieldType.UInt64 or FieldType.Fixed64 => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null,
            FieldType.Double => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) ? n : null,
            FieldType.Float => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) ? n : null,
            FieldType.Enum => EnumValue(field.EnumType, text),
            FieldType.Bytes => Base64(text),
            FieldType.Message => WellKnown(field.MessageType, text),
            _ => null,
        };
        return value is not null;
    }

    static object? EnumValue(EnumDescriptor type, string text)
    {
        var value = type.FindValueByName(text) ?? (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? type.FindValueByNumber(number) : null);
        return value is null ? null : Enum.ToObject(type.ClrType, value.Number);
    }

    // ProtoJSON takes both alphabets, with or without padding.
    static ByteString? Base64(string text)
    {
        var padded = text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? ByteString.CopyFrom(bytes, 0, length) : null;
    }

    /// <summary>Timestamp, Duration, FieldMask and the wrappers have a text form in ProtoJSON; a wrapper's accessor wants the bare value.</summary>
    static object? WellKnown(MessageDescriptor type, string text)
    {
        if (!type.File.Name.StartsWith("google/protobuf/", StringComparison.Ordinal)) return null;
        if (type.FullName.EndsWith("Value", StringComparison.Ordinal) && type.FindFieldByName("value") is { } wrapped) return TryRead(wrapped, text, out var bare) ? bare : null;
        try
        {
            return JsonParser.Default.Parse(JsonSerializer.Serialize(text), type);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException or FormatException or OverflowException)
        {
            return null;
        }
    }

    static string Wanted(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => "true or false",
        FieldType.Enum => "one of " + string.Join(", ", field.EnumType.Values.Select(v => v.Name)),
        FieldType.Bytes => "base64",
        FieldType.Message => field.MessageType.FullName switch
        {
            "google.protobuf.Timestamp" => "an RFC 3339 instant such as 2026-03-01T12:00:00Z",
            "google.protobuf.Duration" => "a duration such as 1.5s",
            _ => $"the text form of {field.MessageType.FullName}",
        },
        FieldType.Double or FieldType.Float => "a number",
        _ => "a whole number in the range of " + field.FieldType.ToString().ToLowerInvariant(),
    };
}
