using Perennial.Common.V1;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Running;

/// <summary>Waits until every reader has applied all that is recorded now.</summary>
internal sealed class CatchUp(GatewayClient gateway, string shop)
{
    static readonly string[] Readers = ["segmentation", "engagement", "campaigns"];
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(40);
    static readonly TimeSpan StandstillMax = TimeSpan.FromSeconds(60);

    /// <param name="done">Told the share that is applied by all, 0 to 1.</param>
    /// <exception cref="StartException">When a reader makes no progress for a minute.</exception>
    public async Task WaitAsync(Action<double> done, CancellationToken cancellation)
    {
        var head = await gateway.GetAsync<FeedProgress>($"/v1/shops/{shop}/feed", cancellation);
        var total = Math.Max(1, head.Partitions.Sum(p => p.HeadPosition) * Readers.Length);
        var (best, since) = (-1L, TimeProvider.System.GetTimestamp());
        while (true)
        {
            var lags = await Task.WhenAll(Readers.Select(reader => LagAsync(reader, head, cancellation)));
            var applied = total - lags.Sum();
            done((double)applied / total);
            if (lags.All(lag => lag == 0)) return;
            if (applied > best) (best, since) = (applied, TimeProvider.System.GetTimestamp());
            else if (TimeProvider.System.GetElapsedTime(since) > StandstillMax)
                throw new StartException($"{string.Join(" and ", Readers.Where((_, i) => lags[i] > 0))} makes no progress; {lags.Max()} events wait. What is recorded is safe; see its log.");
            await Task.Delay(Poll, cancellation);
        }
    }

    async Task<long> LagAsync(string reader, FeedProgress head, CancellationToken cancellation)
    {
        var progress = await gateway.GetAsync<FeedProgress>($"/v1/shops/{shop}/{reader}/feed", cancellation);
        var applied = progress.Partitions.ToDictionary(p => p.Partition, p => p.Position);
        return head.Partitions.Sum(p => Math.Max(0, p.HeadPosition - applied.GetValueOrDefault(p.Partition)));
    }
}
