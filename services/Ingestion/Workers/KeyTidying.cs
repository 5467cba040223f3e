using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>Puts the keys of events in order between commits, in pieces of a few milliseconds, so that no caller waits for a merge.</summary>
internal sealed class KeyTidying(LogStore store, TimeProvider clock, ILogger<KeyTidying> log) : RecurringWork(TimeSpan.FromMilliseconds(PauseMillis), clock)
{
    /// <summary>Between two looks: at the highest rates the set of keys grows meanwhile by a tenth.</summary>
    const int PauseMillis = 200;

    protected override Task WorkAsync(CancellationToken cancellation) => HalfTime.RunAsync(store.TidyAsync, cancellation);

    protected override void Say(Exception failure) => log.KeysUntidy(PauseMillis, failure);
}
