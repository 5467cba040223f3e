namespace Perennial.Segmentation.Domain.Value;

/// <summary>Why a prediction is not shown. The names are shown.</summary>
internal enum WithheldReason
{
    /// <summary>No model was fitted for the shop yet.</summary>
    NoModel = 1,

    /// <summary>The shop has fewer than 500 buyers.</summary>
    TooFewBuyers = 2,

    /// <summary>The shop's history is shorter than 180 days.</summary>
    HistoryTooShort = 3,

    /// <summary>Nobody ordered in the last 30 days: the shop, or its feed, has stopped.</summary>
    NoRecentOrder = 4,

    /// <summary>Nobody has three orders.</summary>
    NoRepeatBuyers = 5,

    /// <summary>The customer has no order that counts.</summary>
    NoOrder = 6,

    /// <summary>The customer has ordered on one day only.</summary>
    OneOrder = 7,

    /// <summary>The data do not say when customers stop, and this one has been silent for longer than the shop's lapse threshold.</summary>
    DropoutNotIdentified = 8,

    /// <summary>The next order never comes with a probability of one half.</summary>
    NoDate = 9,

    /// <summary>The date lies further ahead than anybody should plan.</summary>
    DateTooFar = 10,

    /// <summary>The spend of an order has no mean after the fitted model, or none was fitted.</summary>
    SpendNotIdentified = 11,

    /// <summary>No message was opened or clicked.</summary>
    NoMessage = 12,

    /// <summary>The model that was chosen does not have it.</summary>
    NotInModel = 13,
}

/// <summary>What a shop must have before its predictions are shown.</summary>
/// <param name="HistoryDays">From its first order to the instant.</param>
/// <param name="SilentDays">Since its last order.</param>
/// <param name="ThreeOrders">Buyers with at least three orders.</param>
internal sealed record ValueGate(int Buyers, int HistoryDays, int SilentDays, int ThreeOrders)
{
    public const int BuyersMin = 500, HistoryDaysMin = 180, SilentDaysMax = 30;

    /// <summary>All that is missing, in words; empty where the gate is open.</summary>
    public IEnumerable<(WithheldReason Reason, string Explanation)> Missing()
    {
        if (Buyers < BuyersMin) yield return (WithheldReason.TooFewBuyers, $"The shop has {Buyers} buyers; predictions take {BuyersMin}.");
        if (HistoryDays < HistoryDaysMin) yield return (WithheldReason.HistoryTooShort, $"The shop's orders span {HistoryDays} days; predictions take {HistoryDaysMin}.");
        if (SilentDays > SilentDaysMax) yield return (WithheldReason.NoRecentOrder, $"The shop's last order was {SilentDays} days ago; predictions take one in the last {SilentDaysMax}.");
        if (ThreeOrders == 0) yield return (WithheldReason.NoRepeatBuyers, "Nobody has three orders; predictions take somebody who does.");
    }
}
