namespace Perennial.Segmentation.Domain;

/// <summary>
/// What is known of one order after some of its facts, taken in order of time. Amounts in another currency than the shop's are
/// never added to a value: such an order counts as an order, with value 0, until as much was refunded in a foreign currency.
/// </summary>
internal readonly record struct OrderState
{
    public static readonly OrderState Unknown;

    decimal Amount { get; init; }
    bool IsForeign { get; init; }
    decimal Refunded { get; init; }
    decimal RefundedForeign { get; init; }
    bool IsRefundedWhole { get; init; }
    bool IsCancelled { get; init; }

    /// <summary>When the order was placed: at its first completion or update, whichever was earlier. Null before either.</summary>
    public DateTimeOffset? PlacedTime { get; private init; }

    /// <summary>True while it is an order for F and R: placed, not cancelled, and refunds have not reached its value.</summary>
    public bool Counts => PlacedTime is not null && !IsCancelled && !IsRefundedWhole && !AreRefundsAllOfIt;

    /// <summary>What it adds to the customer's value; below 0 where refunds exceed it, or name an order never seen.</summary>
    public decimal Value => IsCancelled || IsRefundedWhole || IsForeign ? 0 : Amount - Refunded;

    bool AreRefundsAllOfIt => (IsForeign ? RefundedForeign : Refunded) is var refunds && refunds > 0 && refunds >= Amount;

    public OrderState After(Fact fact, string shopCurrency) => fact.Kind switch
    {
        FactKind.Ordered or FactKind.Updated => Priced(fact, shopCurrency) with { PlacedTime = PlacedTime ?? fact.Time },
        FactKind.Cancelled => this with { IsCancelled = true },
        FactKind.Refunded => WithRefund(fact, shopCurrency),
        _ => throw new ArgumentOutOfRangeException(nameof(fact), fact.Kind, "No such kind of fact."),
    };

    OrderState Priced(Fact fact, string shopCurrency)
        => fact.Amount is { } amount ? this with { Amount = amount, IsForeign = IsForeignTo(shopCurrency, fact) } : this;

    OrderState WithRefund(Fact fact, string shopCurrency) => fact.Amount switch
    {
        null => this with { IsRefundedWhole = true },
        { } amount when IsForeignTo(shopCurrency, fact) => this with { RefundedForeign = RefundedForeign + amount },
        { } amount => this with { Refunded = Refunded + amount },
    };

    /// <summary>True when a fact names an amount that no value of this shop can take up.</summary>
    public static bool IsForeignTo(string shopCurrency, Fact fact) => fact.Amount is not null && fact.Currency.Length > 0 && fact.Currency != shopCurrency;
}
