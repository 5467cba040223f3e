using System.Text.Json;
using Perennial.CampaignRecommendation.Domain;
using Perennial.CampaignRecommendation.Storage;
using Perennial.CampaignRecommendation.Storage.Playbooks;
using Perennial.Foundation.Hosting;

namespace Perennial.CampaignRecommendation.Workers;

/// <summary>At start, makes the playbook that comes with the program the default one: a new revision when it differs from the last.</summary>
internal sealed class PlaybookSeed(CampaignStore store, TimeProvider clock, ILogger<PlaybookSeed> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var text = PlaybookFile.DefaultText();
        var playbook = Check(text);
        Log.Seeded(log, await store.SeedPlaybookAsync(text, clock.GetUtcNow(), cancellationToken), playbook.Plays.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <exception cref="StartException">Naming everything that is wrong with the playbook.</exception>
    internal static Playbook Check(string text)
    {
        Playbook playbook;
        try
        {
            playbook = PlaybookFile.Parse(text);
        }
        catch (JsonException e)
        {
            throw new StartException($"the default playbook cannot be read: {e.Message}", e);
        }
        return PlaybookRules.Problems(playbook) is { Count: > 0 } problems
            ? throw new StartException($"the default playbook cannot be used: {string.Join("; ", problems)}.")
            : playbook;
    }
}
