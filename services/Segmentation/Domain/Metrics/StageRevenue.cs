namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>Revenue of the customers who are in a stage at as_of, all of it up to then: the sum over stages is the revenue of all customers who were seen.</summary>
/// <param name="Share">Of the sum over all stages, null where that is 0.</param>
internal sealed record StageRevenue(string Stage, long Customers, decimal Revenue, decimal? Share)
{
    /// <summary>Null where nobody is in the stage.</summary>
    public decimal? PerCustomer => Ratio.Quotient(Revenue, Customers);

    /// <param name="stages">Customers and the sum of their values at as_of, for every stage of the model.</param>
    public static IReadOnlyList<StageRevenue> Of(IReadOnlyCollection<(string Stage, long Customers, decimal Value)> stages)
    {
        var total = stages.Sum(s => s.Value);
        return [.. stages.Select(s => new StageRevenue(s.Stage, s.Customers, s.Value, Ratio.Quotient(s.Value, total)))];
    }
}
