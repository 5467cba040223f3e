namespace Perennial.Segmentation.Domain.Value;

/// <summary>All that predictions rest on of a customer with an order. Orders of one day count as one.</summary>
/// <param name="FirstDay">Day number of their first order.</param>
/// <param name="LastDay">Of their last.</param>
/// <param name="DayCount">Days with an order.</param>
/// <param name="RepeatSpend">What all orders after the first day came to, in ten-thousandths: a sum that depends on no sequence.</param>
internal readonly record struct BuyerFigures(int FirstDay, int LastDay, int DayCount, long RepeatSpend)
{
    const double StepsPerUnit = 10_000;

    /// <param name="orders">Those that count, ascending by day; at least one.</param>
    public static BuyerFigures Of(ReadOnlySpan<PlacedOrder> orders)
    {
        var (days, spend) = (1, 0L);
        for (var i = 1; i < orders.Length; i++)
        {
            if (orders[i].Day != orders[i - 1].Day) days++;
            if (orders[i].Day != orders[0].Day) spend += (long)Math.Round(orders[i].Amount * StepsPerUnit);
        }
        return new BuyerFigures(orders[0].Day, orders[^1].Day, days, spend);
    }

    /// <summary>Known on the day of the last order.</summary>
    public RepeatPurchases Purchases => new(DayCount - 1, LastDay - FirstDay, LastDay - FirstDay);

    /// <summary>Count and mean of the purchases after the first day.</summary>
    public MeanSpend Spend => DayCount == 1 ? default : new MeanSpend(DayCount - 1, RepeatSpend / StepsPerUnit / (DayCount - 1));
}
