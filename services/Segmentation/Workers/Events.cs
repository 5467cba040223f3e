using Google.Type;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Value = Google.Protobuf.WellKnownTypes.Value;

namespace Perennial.Segmentation.Workers;

/// <summary>Recorded events in the words of this house.</summary>
internal static class Events
{
    /// <summary>
    /// No amount counts for more than this, either way: a slip of a sender must not overflow the sums over a shop, which
    /// hold 15 digits before the point.
    /// </summary>
    internal const decimal AmountMax = 1_000_000_000_000m;

    /// <summary>ISO 4217 for "no currency": what an amount in an unreadable currency, or in several, is taken to be in.</summary>
    internal const string NoCurrency = "XXX";

    const int Decimals = 4;

    public static ShopSettings ToSettings(RecordedEvent recorded)
    {
        var settings = recorded.Event.ShopConfigured;
        return new(recorded.Shop, settings.TimeZone, settings.CurrencyCode, (settings.UpdateTime ?? settings.CreateTime) is { } time ? ToInstant(time) : DateTimeOffset.UnixEpoch);
    }

    public static Sighting ToSighting(RecordedEvent recorded)
    {
        var time = ToInstant(recorded.EventTime);
        if (recorded.Event.PayloadCase == Event.PayloadOneofCase.CustomerReset)
        {
            return new Sighting(recorded.Shop, recorded.Customer, recorded.Identified, time, null)
            {
                Known = ToKnown(recorded),
                Reset = recorded.Event.CustomerReset.Reason == CustomerReset.Types.Reason.Erased ? ResetKind.Erased : ResetKind.Moved,
            };
        }
        var fact = ToFact(recorded.Event, time);
        return new Sighting(recorded.Shop, recorded.Customer, recorded.Identified, time, fact, recorded.Event.PayloadCase == Event.PayloadOneofCase.CustomerErased)
        {
            Known = ToKnown(recorded),
            Activity = fact is null && ToActivityKind(recorded.Event) is { } kind ? new Activity(kind, time, recorded.Event.MessageId, ToTouch(recorded.Event)) : null,
            Opinion = ToOpinion(recorded.Event, time),
            Traits = ToTraits(recorded.Event, time),
        };
    }

    /// <summary>
    /// When it could be known of this customer: when it came to be theirs. What is left of an erased person was known all along under the name that they had, so
    /// that counts as known before the erasure stay what they were; only that they left is news.
    /// </summary>
    static DateTimeOffset ToKnown(RecordedEvent recorded)
        => ToInstant(recorded.ReattributeTime is { } reattributed && !(Remains.AreOf(recorded) && recorded.Event.PayloadCase != Event.PayloadOneofCase.CustomerErased) ? reattributed : recorded.ReceiveTime ?? recorded.EventTime);

    static DateTimeOffset ToInstant(Google.Protobuf.WellKnownTypes.Timestamp time) => DateTimeOffset.FromUnixTimeMilliseconds(time.Seconds * 1_000 + time.Nanos / 1_000_000);

    /// <summary>Null for what happens to customers without their doing.</summary>
    static ActivityKind? ToActivityKind(Event e) => e.PayloadCase switch
    {
        Event.PayloadOneofCase.ProductViewed or Event.PayloadOneofCase.ProductListViewed or Event.PayloadOneofCase.ProductsSearched
            or Event.PayloadOneofCase.CartChanged or Event.PayloadOneofCase.WishlistChanged or Event.PayloadOneofCase.CheckoutProgressed => ActivityKind.View,
        Event.PayloadOneofCase.PageViewed or Event.PayloadOneofCase.PromotionEngaged or Event.PayloadOneofCase.CouponChanged or Event.PayloadOneofCase.ProductShared => ActivityKind.Visit,
        Event.PayloadOneofCase.MessageEngaged when e.MessageEngaged.Interaction is MessageEngaged.Types.Interaction.Sent or MessageEngaged.Types.Interaction.Delivered or MessageEngaged.Types.Interaction.Bounced => null,
        Event.PayloadOneofCase.CustomerErased => null,
        _ => ActivityKind.Event,
    };

    /// <summary>As the engagement house sees it; the touch of an order is its own, since it is no activity beside.</summary>
    static Touch ToTouch(Event e) => e.PayloadCase switch
    {
        Event.PayloadOneofCase.MessageEngaged => e.MessageEngaged.Interaction switch
        {
            MessageEngaged.Types.Interaction.Opened => OfMessage(TouchKind.Opened, e.MessageEngaged.Channel),
            MessageEngaged.Types.Interaction.Clicked => OfMessage(TouchKind.Clicked, e.MessageEngaged.Channel),
            _ => default,
        },
        Event.PayloadOneofCase.PageViewed or Event.PayloadOneofCase.ProductViewed or Event.PayloadOneofCase.ProductListViewed or Event.PayloadOneofCase.ProductsSearched
            or Event.PayloadOneofCase.CheckoutProgressed => new Touch(TouchKind.Visit),
        Event.PayloadOneofCase.CartChanged => new Touch(e.CartChanged.Change == CartChanged.Types.Change.Viewed ? TouchKind.Visit : TouchKind.Action),
        Event.PayloadOneofCase.WishlistChanged or Event.PayloadOneofCase.ProductShared or Event.PayloadOneofCase.ProductReviewed or Event.PayloadOneofCase.CouponChanged
            or Event.PayloadOneofCase.SurveyAnswered => new Touch(TouchKind.Action),
        // A promotion that was only on the page is not the customer's doing.
        Event.PayloadOneofCase.PromotionEngaged when e.PromotionEngaged.Clicked => new Touch(TouchKind.Action),
        _ => default,
    };

    // A channel of a later contract is nobody's touch here.
    static Touch OfMessage(TouchKind kind, Common.V1.Channel channel)
        => (Domain.Channel)channel is not Domain.Channel.None and var known && Enum.IsDefined(known) ? new Touch(kind, known) : default;

    /// <summary>What is not kept by its name is left out; a value that is not kept takes the place of the one before all the same.</summary>
    static Identification? ToTraits(Event e, DateTimeOffset time)
    {
        if (e.PayloadCase != Event.PayloadOneofCase.TraitsChanged || e.TraitsChanged.Traits is not { } said) return null;
        var traits = said.Fields.Where(f => Trait.IsKept(f.Key)).OrderBy(f => f.Key, StringComparer.Ordinal).Take(Trait.CountMax).Select(f => new Trait(f.Key, ToValue(f.Value))).ToList();
        return traits.Count == 0 ? null : new Identification(time, e.MessageId, traits);
    }

    static FieldValue ToValue(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => Trait.ValueOf(value.StringValue),
        Value.KindOneofCase.NumberValue => Trait.ValueOf(value.NumberValue),
        Value.KindOneofCase.BoolValue => FieldValue.Of((bool?)value.BoolValue),
        _ => default,
    };

    /// <summary>What customers say of the shop; the contract names how each is told.</summary>
    static Opinion? ToOpinion(Event e, DateTimeOffset time)
    {
        return e.PayloadCase switch
        {
            Event.PayloadOneofCase.Custom when Referrals.Contains(e.Custom.Name) => Of(OpinionKind.Referral, null),
            Event.PayloadOneofCase.ProductReviewed => Of(OpinionKind.Review, e.ProductReviewed.HasRating ? Score(e.ProductReviewed.Rating) : null),
            Event.PayloadOneofCase.ProductShared => Of(OpinionKind.Share, null),
            Event.PayloadOneofCase.CartChanged when e.CartChanged.Change == CartChanged.Types.Change.Shared => Of(OpinionKind.Share, null),
            Event.PayloadOneofCase.SurveyAnswered when IsNps(e.SurveyAnswered) => Of(OpinionKind.NpsAnswer, Score(e.SurveyAnswered.Score)),
            _ => null,
        };

        Opinion Of(OpinionKind kind, decimal? score) => new(kind, time, e.MessageId, score);
    }

    static readonly HashSet<string> Referrals = new(["Referral Made", "Invite Sent"], StringComparer.OrdinalIgnoreCase);

    static bool IsNps(SurveyAnswered answer) => answer is { HasScore: true, Score: >= 0 and <= 10 } && answer.SurveyId.Contains("nps", StringComparison.OrdinalIgnoreCase);

    /// <summary>Null for what is no number.</summary>
    static decimal? Score(double score) => double.IsFinite(score) ? Bounded((decimal)Math.Clamp(score, -(double)AmountMax, (double)AmountMax)) : null;

    /// <summary>Null for an event that says nothing about an order. Only a refund may leave open which one.</summary>
    static Fact? ToFact(Event e, DateTimeOffset time)
    {
        return e.PayloadCase switch
        {
            Event.PayloadOneofCase.OrderCompleted => Of(FactKind.Ordered, e.OrderCompleted.OrderId, ValueOf(e.OrderCompleted.Amounts, e.OrderCompleted.Products)),
            Event.PayloadOneofCase.OrderUpdated => Of(FactKind.Updated, e.OrderUpdated.OrderId, ValueOf(e.OrderUpdated.Amounts, e.OrderUpdated.Products)),
            Event.PayloadOneofCase.OrderCancelled => Of(FactKind.Cancelled, e.OrderCancelled.OrderId, null),
            Event.PayloadOneofCase.OrderRefunded => Of(FactKind.Refunded, e.OrderRefunded.OrderId, Refund(e.OrderRefunded.Total)),
            _ => null,
        };

        Fact? Of(FactKind kind, string orderId, (decimal Amount, string Currency)? value)
            => orderId.Length == 0 && kind != FactKind.Refunded ? null : new(kind, time, e.MessageId, orderId, value?.Amount, value?.Currency ?? "");
    }

    // Some shops send what they gave back as a negative number.
    static (decimal Amount, string Currency)? Refund(Money? total)
        => Amount(total) is var (amount, currency) ? (Math.Abs(amount), currency) : null;

    /// <summary>The total, else the revenue, else the subtotal, else the sum over the products; null where none is given.</summary>
    static (decimal Amount, string Currency)? ValueOf(OrderAmounts? amounts, IReadOnlyCollection<Product> products)
        => Amount(amounts?.Total ?? amounts?.Revenue ?? amounts?.Subtotal) ?? Sum([.. products.Where(p => p.Price is not null)]);

    static (decimal Amount, string Currency)? Sum(IReadOnlyCollection<Product> priced)
    {
        if (priced.Count == 0) return null;
        var currencies = priced.Select(p => p.Price.CurrencyCode).Where(c => c.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var sum = priced.Sum(p => Bounded(p.Price.ToDecimal() * Quantity(p)));
        return (Bounded(sum), currencies.Count > 1 ? NoCurrency : Code(currencies.FirstOrDefault("")));
    }

    // What is no number of pieces is none: the log holds nothing above 1,000,000,000.
    static decimal Quantity(Product product) => double.IsFinite(product.Quantity) && Math.Abs(product.Quantity) <= 1e9 ? (decimal)product.Quantity : 0;

    static (decimal Amount, string Currency)? Amount(Money? money) => money is null ? null : (Bounded(money.ToDecimal()), Code(money.CurrencyCode));

    static decimal Bounded(decimal amount) => decimal.Round(Math.Clamp(amount, -AmountMax, AmountMax), Decimals);

    static string Code(string currency) => currency.Length is 0 or 3 ? currency.ToUpperInvariant() : NoCurrency;
}
