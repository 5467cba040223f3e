namespace Perennial.Segmentation.Domain;

/// <summary>Customers in a stage, and the sum of their values.</summary>
internal readonly record struct StageTotal(long Customers, decimal Value)
{
    public static StageTotal operator +(StageTotal a, StageTotal b) => new(a.Customers + b.Customers, a.Value + b.Value);
}
