namespace Perennial.Ingestion.Tests;

static class Eventually
{
    /// <summary>Waits for something another thread brings about, a few seconds at most.</summary>
    public static async Task TrueAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(5, patience.Token);
    }
}
