using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Perennial.Segmentation.V1;

namespace Perennial.Gateway.Webhooks;

/// <summary>A CloudEvents 1.0 event in JSON format, structured mode.</summary>
/// <param name="Id">The same on every attempt, and of every reading of the same transition.</param>
internal sealed record CloudEvent(string Id, byte[] Json)
{
    public const string ContentType = "application/cloudevents+json";
    public const string StageChanged = "perennial.lifecycle.stage.changed";
    public const string AudienceChanged = "perennial.audience.membership.changed";
    public const string Ping = "perennial.webhook.ping";

    static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    /// <summary>A transition: <c>time</c> is when the stage, or the membership of an audience, changed, the extension <c>recordedtime</c> when that became known.</summary>
    public static CloudEvent Of(Transition transition) => Write(
        string.Create(CultureInfo.InvariantCulture, $"{transition.Shop}/{transition.Position}"), transition.Shop, transition.Audience.Length == 0 ? StageChanged : AudienceChanged, transition.Customer,
        transition.EffectiveTime, transition.RecordedTime, Formatter.Format(transition));

    /// <summary>An event of nobody, for a receiver to try its verification on.</summary>
    public static CloudEvent OfPing(WebhookKey key, DateTimeOffset now) => Write(
        $"{key.Shop}/ping/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}", key.Shop, Ping, null,
        now.ToTimestamp(), now.ToTimestamp(), $$"""{"webhook":"{{key.Webhook}}"}""");

    static CloudEvent Write(string id, string shop, string type, string? subject, Timestamp time, Timestamp recorded, string data)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", id);
            json.WriteString("source", $"/v1/shops/{shop}/transitions");
            json.WriteString("type", type);
            if (subject is not null) json.WriteString("subject", subject);
            json.WriteString("time", Rfc3339(time));
            json.WriteString("recordedtime", Rfc3339(recorded));
            json.WriteString("datacontenttype", "application/json");
            json.WritePropertyName("data");
            json.WriteRawValue(Encoding.UTF8.GetBytes(data));
            json.WriteEndObject();
        }
        return new CloudEvent(id, buffer.WrittenSpan.ToArray());
    }

    static string Rfc3339(Timestamp time) => time.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.') + "Z";
}
