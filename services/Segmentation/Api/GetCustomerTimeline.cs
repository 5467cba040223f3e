using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.V1;
using Calendar = Perennial.Segmentation.Domain.Calendar;
using Membership = Perennial.Segmentation.V1.Membership;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<CustomerTimeline> GetCustomerTimeline(GetCustomerTimelineRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Subject(request.Customer).Name(request.Model, "model").Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var active = (await ActiveAsync(shop, request.Model, context.CancellationToken)).Model;
        var uses = await store.ListUsesAsync(shop.Id, active.Id, context.CancellationToken);
        var customer = await store.FindCustomerAsync(shop, request.Customer, Sources.OfModels, context.CancellationToken) ?? throw Lookups.CustomerNotFound(shop, request.Customer, clock.GetUtcNow());
        var timeline = new CustomerTimeline { Shop = shop.Id, Customer = customer.Id, Model = active.Id };
        var models = uses.Select(u => new ModelUseTime(u.Model, u.Zone, u.ActiveTime!.Value, u.RetireTime ?? Calendar.Forever)).ToList();
        timeline.Memberships.AddRange(MembershipHistory.Of(customer.Record, models, shop.Currency).Select(ToMembership));
        timeline.Events.AddRange(EventsOf(customer.Record, shop).OrderBy(e => e.EventTime));
        return timeline;
    }

    static Membership ToMembership(Domain.Membership m) => new()
    {
        Stage = m.Stay.Stage.Id,
        ValidFrom = m.Stay.From.ToTimestamp(),
        ValidTo = ToEnd(m.Stay.To),
        KnownFrom = m.KnownFrom.ToTimestamp(),
        KnownTo = ToEnd(m.KnownTo),
        Cause = Mapping.ToCause(m.Cause),
        Why = Mapping.ToReason(Lifecycle.At(m.History, m.Use.Model, m.Use.Zone, m.Stay.From)!, m.Use.Model),
        ModelRevision = m.Use.Model.Revision,
        PopulationRevision = m.Use.Model.PopulationRevision,
    };

    static IEnumerable<TimelineEvent> EventsOf(CustomerRecord record, Shop shop)
    {
        foreach (var fact in record.Facts)
        {
            var e = ToEvent(fact, fact.What.Kind.ToString(), fact.What.Time, fact.What.MessageId);
            e.OrderId = fact.What.OrderId;
            e.Amount = fact.What.Amount?.ToMoney(fact.What.Currency.Length == 0 ? shop.Currency : fact.What.Currency);
            yield return e;
        }
        foreach (var activity in record.Activities) yield return ToEvent(activity, activity.What.Kind.ToString(), activity.What.Time, activity.What.MessageId);
        foreach (var opinion in record.Opinions) yield return ToEvent(opinion, opinion.What.Kind.ToString(), opinion.What.Time, opinion.What.MessageId);
    }

    static TimelineEvent ToEvent<T>(Known<T> known, string kind, DateTimeOffset time, string messageId) => new()
    {
        Kind = string.Concat(kind.Select((c, i) => i > 0 && char.IsAsciiLetterUpper(c) ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString())),
        EventTime = time.ToTimestamp(),
        KnownFrom = known.From.ToTimestamp(),
        KnownTo = ToEnd(known.To),
        MessageId = messageId,
    };

    static Timestamp? ToEnd(DateTimeOffset end) => end == Calendar.Forever ? null : end.ToTimestamp();
}
