using Microsoft.Extensions.Options;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Storage.Privacy;

namespace Perennial.Ingestion.Workers;

/// <summary>Ends the erasures that every registered reader has followed: the resets, which name the person, go.</summary>
internal sealed class ErasureWatch(ErasureStore erasures, IOptions<IngestionOptions> options, TimeProvider clock, ILogger<ErasureWatch> log)
    : RecurringWork(TimeSpan.FromSeconds(options.Value.ErasurePollSeconds), clock)
{
    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        if (await erasures.SettleAsync(cancellation) is > 0 and var settled) log.ErasuresDone(settled);
    }

    protected override void Say(Exception failure) => log.ErasuresStuck(options.Value.ErasurePollSeconds, failure);
}
