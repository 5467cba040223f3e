using System.Collections;
using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Perennial.Gateway.Transcoding;
using Enum = System.Enum;

namespace Perennial.Gateway.Tests.Transcoding;

/// <summary>Messages of any type with every field set, from their descriptors alone.</summary>
static class Samples
{
    internal const string AwkwardId = "user:a/b c%2F+é?#";
    internal static readonly Timestamp Instant = Timestamp.FromDateTimeOffset(new DateTimeOffset(2011, 12, 9, 23, 59, 59, 123, TimeSpan.Zero));

    internal static IMessage Of(MessageDescriptor type, int depth = 0)
    {
        if (type == Timestamp.Descriptor) return Instant.Clone();
        if (type == Duration.Descriptor) return Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5));
        var message = Fields.New(type);
        var oneofs = new HashSet<OneofDescriptor>();
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (depth > 4 && field.FieldType == FieldType.Message) continue;
            if (field.RealContainingOneof is { } oneof && !oneofs.Add(oneof)) continue;
            if (field.IsMap) continue;
            var value = Value(field, depth);
            if (field.IsRepeated) ((IList)field.Accessor.GetValue(message)).Add(value);
            else field.Accessor.SetValue(message, value);
        }
        return message;
    }

    static object Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Message => Of(field.MessageType, depth + 1),
        FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[^1].Number),
        FieldType.String => field.Name switch { "shop" => TestGateway.Shop, "customer" => AwkwardId, _ => $"{field.Name} é/&=+ %" },
        FieldType.Bool => true,
        FieldType.Int32 => 3,
        FieldType.Int64 => 9_007_199_254_740_993L,
        FieldType.Double => 0.1 + 0.2,
        FieldType.Bytes => ByteString.CopyFromUtf8("?>?"),
        _ => throw new NotSupportedException($"{field.FullName}: say what a sample of {field.FieldType} is"),
    };

    /// <summary>A field as a query or a path writes it.</summary>
    internal static string Text(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        IMessage message => JsonFormatter.Default.Format(message).Trim('"'),
        Enum named => named.GetType().GetField(named.ToString())!.GetCustomAttribute<OriginalNameAttribute>()!.Name,
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
