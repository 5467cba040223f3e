namespace Perennial.Segmentation.Domain;

/// <summary>What customers come to in one model. Stages are counted by their place in it.</summary>
internal sealed record StageSums
{
    /// <summary>By instant, then by stage.</summary>
    public required long[][] Customers { get; init; }

    /// <summary>By instant, then by stage.</summary>
    public required decimal[][] Values { get; init; }

    /// <summary>From a stage, or none, to a stage, or none, which comes last.</summary>
    public required long[][] Transitions { get; init; }

    public static StageSums Nothing(int instants, int stages)
        => new() { Customers = Table(instants, stages), Values = [.. Enumerable.Range(0, instants).Select(_ => new decimal[stages])], Transitions = Table(stages + 1, stages + 1) };

    public static long[][] Table(int rows, int columns) => [.. Enumerable.Range(0, rows).Select(_ => new long[columns])];

    public void Add(StageSums other)
    {
        Add(Customers, other.Customers);
        Add(Transitions, other.Transitions);
        for (var i = 0; i < Values.Length; i++)
            for (var k = 0; k < Values[i].Length; k++) Values[i][k] += other.Values[i][k];
    }

    public static void Add(long[][] table, long[][] other)
    {
        for (var i = 0; i < table.Length; i++)
            for (var k = 0; k < table[i].Length; k++) table[i][k] += other[i][k];
    }
}

/// <summary>What customers come to in two models.</summary>
internal sealed record ModelComparisonSums
{
    public required StageSums Before { get; init; }
    public required StageSums After { get; init; }

    /// <summary>Customers at the last instant, from a stage before to one after.</summary>
    public required long[][] Flows { get; init; }

    /// <summary>Customers who are in a stage at the last instant.</summary>
    public long Customers { get; set; }

    /// <summary>Those of them who are in another one after.</summary>
    public long Movers { get; set; }

    public void Add(ModelComparisonSums other)
    {
        Before.Add(other.Before);
        After.Add(other.After);
        StageSums.Add(Flows, other.Flows);
        Customers += other.Customers;
        Movers += other.Movers;
    }
}
