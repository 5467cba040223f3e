using System.Globalization;
using Google.Protobuf.Collections;
using Perennial.Common.V1;

namespace Perennial.Ingestion.Workers;

/// <summary>
/// What stays of an erased person: when they were first seen, and the times and amounts of their orders, so that counts and
/// revenue of the past stay true. Orders and messages get numbers for names, in the order of the names: ties fall as before.
/// </summary>
internal static class Remnants
{
    /// <param name="events">All that counts of the person, each with its time.</param>
    /// <returns>By index of an event, what stays of it; events that leave nothing are not named.</returns>
    public static IReadOnlyList<(int Index, Event Remnant)> Of(IReadOnlyList<(Event Event, DateTimeOffset Time)> events)
    {
        var orders = Numbers(events.Select(e => OrderOf(e.Event)).OfType<string>());
        var messages = Numbers(events.Select(e => e.Event.MessageId));
        var first = events.Count == 0 ? -1 : events.Index().MinBy(e => e.Item.Time).Index;
        var rests = new List<(int, Event)>();
        for (var i = 0; i < events.Count; i++)
        {
            var rest = RestOf(events[i].Event, orders) ?? (i == first ? new Event { PageViewed = new PageViewed() } : null);
            if (rest is null) continue;
            rest.MessageId = messages[events[i].Event.MessageId];
            rests.Add((i, rest));
        }
        return rests;
    }

    static string? OrderOf(Event e) => e.PayloadCase switch
    {
        Event.PayloadOneofCase.OrderCompleted => e.OrderCompleted.OrderId,
        Event.PayloadOneofCase.OrderUpdated => e.OrderUpdated.OrderId,
        Event.PayloadOneofCase.OrderCancelled => e.OrderCancelled.OrderId,
        Event.PayloadOneofCase.OrderRefunded when e.OrderRefunded.OrderId.Length > 0 => e.OrderRefunded.OrderId,
        _ => null,
    };

    static Dictionary<string, string> Numbers(IEnumerable<string> names) => names
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal)
        .Select((name, i) => (name, Number: (i + 1).ToString("D8", CultureInfo.InvariantCulture)))
        .ToDictionary(n => n.name, n => n.Number, StringComparer.Ordinal);

    static Event? RestOf(Event e, Dictionary<string, string> orders) => e.PayloadCase switch
    {
        Event.PayloadOneofCase.OrderCompleted => new Event
        {
            OrderCompleted = new OrderCompleted { OrderId = orders[e.OrderCompleted.OrderId], Amounts = e.OrderCompleted.Amounts?.Clone(), Products = { Bare(e.OrderCompleted.Products) } },
        },
        Event.PayloadOneofCase.OrderUpdated => new Event
        {
            OrderUpdated = new OrderUpdated { OrderId = orders[e.OrderUpdated.OrderId], Amounts = e.OrderUpdated.Amounts?.Clone(), Products = { Bare(e.OrderUpdated.Products) } },
        },
        Event.PayloadOneofCase.OrderCancelled => new Event { OrderCancelled = new OrderCancelled { OrderId = orders[e.OrderCancelled.OrderId] } },
        Event.PayloadOneofCase.OrderRefunded => new Event
        {
            OrderRefunded = new OrderRefunded { OrderId = e.OrderRefunded.OrderId.Length > 0 ? orders[e.OrderRefunded.OrderId] : "", Total = e.OrderRefunded.Total?.Clone() },
        },
        _ => null,
    };

    // Prices and pieces, which the value of an order may rest on. Nothing else: a product may be named after its buyer.
    static IEnumerable<Product> Bare(RepeatedField<Product> products) => products.Select(p => new Product { Price = p.Price?.Clone(), Quantity = p.Quantity });
}
