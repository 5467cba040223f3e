using System.Collections;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Common.V1;
using Cart = Perennial.Common.V1.CartChanged.Types.Change;

namespace Perennial.Sdks.Tests;

/// <summary>
/// The log's events in the words of the tracking protocol: the way back, written from the contract and the specification and not
/// from the gateway's code.
/// </summary>
static class Stored
{
    static readonly Dictionary<string, string> Renamed = new() { ["message_id"] = "email_id", ["subject"] = "email_subject", ["number"] = "step" };

    public static JsonObject InTheSendersWords(Event e)
    {
        var call = new JsonObject();
        if (e.UserId.Length > 0) call["userId"] = e.UserId;
        if (e.AnonymousId.Length > 0) call["anonymousId"] = e.AnonymousId;
        FillPayload(call, e);
        if (e.Properties is not null) Lay(Of(e.Properties), over: call["properties"] as JsonObject ?? (JsonObject)(call["properties"] = new JsonObject()));
        call["context"] = Context(e.Context ?? new Context());
        return call;
    }

    /// <summary>What no field was for, put where it came from: into objects, and into the entries of lists at their place.</summary>
    static void Lay(JsonObject rest, JsonObject over)
    {
        foreach (var (name, value) in rest)
        {
            if (value is JsonObject inner && over[name] is JsonObject there) Lay(inner, there);
            else if (value is JsonArray entries && over[name] is JsonArray list)
            {
                foreach (var (entry, target) in entries.Zip(list)) Lay(entry!.AsObject(), target!.AsObject());
            }
            else over.TryAdd(name, value?.DeepClone());
        }
    }

    static JsonObject Of(Struct all) => Json(Value.ForStruct(all))!.AsObject();

    static void FillPayload(JsonObject call, Event e)
    {
        switch (e.PayloadCase)
        {
            case Event.PayloadOneofCase.TraitsChanged:
                (call["type"], call["traits"]) = ("identify", Json(Value.ForStruct(e.TraitsChanged.Traits)));
                break;
            case Event.PayloadOneofCase.PageViewed:
                FillPage(call, e.PageViewed);
                break;
            case Event.PayloadOneofCase.CustomerAliased:
                (call["type"], call["previousId"]) = ("alias", e.CustomerAliased.PreviousId);
                break;
            // A call without a payload of its own is kept whole under its type.
            case Event.PayloadOneofCase.Custom when e.Custom.Name is "group":
                call["type"] = e.Custom.Name;
                foreach (var (name, value) in e.Custom.Properties.Fields) call[name] = Json(value);
                break;
            case Event.PayloadOneofCase.Custom:
                (call["type"], call["event"], call["properties"]) = ("track", e.Custom.Name, Json(Value.ForStruct(e.Custom.Properties)));
                break;
            default:
                (call["type"], call["event"], call["properties"]) = ("track", NameOf(e), Properties((IMessage)Event.Descriptor.FindFieldByNumber((int)e.PayloadCase).Accessor.GetValue(e)));
                break;
        }
    }

    static void FillPage(JsonObject call, PageViewed page)
    {
        call["type"] = page.Screen ? "screen" : "page";
        if (page.Name.Length > 0) call["name"] = page.Name;
        if (page.Category.Length > 0) call["category"] = page.Category;
        var properties = new JsonObject();
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("url", page.Url), ("referrer", page.Referrer), ("title", page.Title)])
            if (value.Length > 0) properties[name] = value;
        call["properties"] = properties;
    }

    static string NameOf(Event e) => e.PayloadCase switch
    {
        Event.PayloadOneofCase.ProductsSearched => "Products Searched",
        Event.PayloadOneofCase.ProductListViewed when !e.ProductListViewed.Filtered => "Product List Viewed",
        Event.PayloadOneofCase.ProductViewed when !e.ProductViewed.Clicked => "Product Viewed",
        Event.PayloadOneofCase.CartChanged => e.CartChanged.Change switch { Cart.ProductAdded => "Product Added", Cart.Viewed => "Cart Viewed", var other => other.ToString() },
        Event.PayloadOneofCase.CheckoutProgressed => e.CheckoutProgressed.Step switch
        {
            CheckoutProgressed.Types.Step.Started => "Checkout Started",
            CheckoutProgressed.Types.Step.PaymentInfoEntered => "Payment Info Entered",
            var other => other.ToString(),
        },
        Event.PayloadOneofCase.OrderCompleted => "Order Completed",
        Event.PayloadOneofCase.OrderUpdated => "Order Updated",
        Event.PayloadOneofCase.OrderRefunded => "Order Refunded",
        Event.PayloadOneofCase.OrderCancelled => "Order Cancelled",
        Event.PayloadOneofCase.CouponChanged when e.CouponChanged.Change == CouponChanged.Types.Change.Applied => "Coupon Applied",
        Event.PayloadOneofCase.WishlistChanged when e.WishlistChanged.Change == WishlistChanged.Types.Change.ProductAdded => "Product Added to Wishlist",
        Event.PayloadOneofCase.ProductReviewed => "Product Reviewed",
        Event.PayloadOneofCase.ProductShared => "Product Shared",
        Event.PayloadOneofCase.MessageEngaged when e.MessageEngaged is { Channel: Channel.Email, Interaction: MessageEngaged.Types.Interaction.Clicked } => "Email Link Clicked",
        Event.PayloadOneofCase.PromotionEngaged when e.PromotionEngaged.Clicked => "Promotion Clicked",
        var other => other.ToString(),
    };

    /// <summary>What a payload has beside that which its event's name says.</summary>
    static JsonObject Properties(IMessage payload)
    {
        var properties = new JsonObject();
        Fill(properties, payload, properties, one: payload is CartChanged { Change: Cart.ProductAdded });
        return properties;
    }

    /// <param name="root">Takes the currency, which the protocol states once.</param>
    /// <param name="one">The list of products is the one product that the properties describe.</param>
    static void Fill(JsonObject target, IMessage message, JsonObject root, bool one = false)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType is FieldType.Enum or FieldType.Bool || !IsSet(field, message)) continue;
            var value = field.Accessor.GetValue(message);
            switch (value)
            {
                case Money money:
                    target[field.Name] = money.Units + money.Nanos / 1_000_000_000m;
                    root["currency"] = money.CurrencyCode.Length > 0 ? money.CurrencyCode : null;
                    if (money.CurrencyCode.Length == 0) root.Remove("currency");
                    break;
                case IMessage part:
                    Fill(target, part, root);
                    break;
                case IEnumerable parts when field.IsRepeated && one:
                    foreach (IMessage part in parts) Fill(target, part, root);
                    break;
                case IEnumerable parts when field.IsRepeated:
                    target[field.Name] = new JsonArray([.. parts.Cast<IMessage>().Select(part => (JsonNode)Inner(part, root))]);
                    break;
                default:
                    target[message is MessageEngaged or CheckoutProgressed ? Renamed.GetValueOrDefault(field.Name, field.Name) : field.Name] = JsonValue.Create(value);
                    break;
            }
        }
    }

    static JsonObject Inner(IMessage part, JsonObject root)
    {
        var inner = new JsonObject();
        Fill(inner, part, root);
        return inner;
    }

    static bool IsSet(FieldDescriptor field, IMessage message) => field.HasPresence ? field.Accessor.HasValue(message) : field.Accessor.GetValue(message) switch
    {
        string text => text.Length > 0,
        ICollection list => list.Count > 0,
        var number => Convert.ToDouble(number, System.Globalization.CultureInfo.InvariantCulture) != 0,
    };

    static JsonObject Context(Context context)
    {
        var all = new JsonObject();
        Put(all, "ip", context.Ip);
        Put(all, "userAgent", context.UserAgent);
        Put(all, "locale", context.Locale);
        Put(all, "library", context.Library);
        Put(all, "channel", context.Channel);
        PutInner(all, "page", ("url", context.PageUrl), ("referrer", context.Referrer));
        PutInner(all, "campaign", ("source", context.CampaignSource), ("medium", context.CampaignMedium), ("name", context.CampaignName));
        if (context.Other is not null) Lay(Of(context.Other), over: all);
        return all;
    }

    static void PutInner(JsonObject target, string name, params ReadOnlySpan<(string Name, string Value)> parts)
    {
        var inner = new JsonObject();
        foreach (var (part, value) in parts) Put(inner, part, value);
        if (inner.Count > 0) target[name] = inner;
    }

    static void Put(JsonObject target, string name, string value)
    {
        if (value.Length > 0) target[name] = value;
    }

    static JsonNode? Json(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue,
        Value.KindOneofCase.NumberValue => value.NumberValue,
        Value.KindOneofCase.BoolValue => value.BoolValue,
        Value.KindOneofCase.StructValue => new JsonObject(value.StructValue.Fields.Select(f => KeyValuePair.Create(f.Key, Json(f.Value)))),
        Value.KindOneofCase.ListValue => new JsonArray([.. value.ListValue.Values.Select(Json)]),
        _ => null,
    };
}
