namespace Perennial.Sdks.Tests;

/// <summary>What holds for every SDK, over a thousand mixed events each.</summary>
/// <param name="program">The client in the <c>clients</c> folder.</param>
/// <param name="library">What the SDK says of itself in the context.</param>
/// <param name="retries">It sends again by itself what failed; otherwise it tells its caller, who does.</param>
public abstract class SdkFacts(Platform platform, string program, string library, bool retries)
{
    const int Count = 1_000;
    const int TimeoutMillis = 120_000;

    readonly string _run = Path.GetFileNameWithoutExtension(program) + Guid.NewGuid().ToString("N")[..8];

    [Fact(Timeout = TimeoutMillis)]
    public async Task Stores_every_event_exactly_once_field_by_field()
    {
        var begin = DateTimeOffset.UtcNow;
        await using var sdk = Sdk.StartOrSkip(program, new Wanted(platform.Gateway.Address, platform.Gateway.Key, _run, Count));
        await sdk.EndAsync();

        Assert.Empty(sdk.Failed);
        await AllAreThereAsync(sdk, begin);
    }

    [Fact(Timeout = TimeoutMillis)]
    public async Task Loses_and_doubles_nothing_when_requests_or_their_answers_fail()
    {
        var begin = DateTimeOffset.UtcNow;
        await using var proxy = await FaultyProxy.StartAsync(platform.Gateway.Address, every: retries ? 2 : 10);
        await using var sdk = Sdk.StartOrSkip(program, new Wanted(proxy.Address, platform.Gateway.Key, _run, Count, Resend: !retries));
        await sdk.EndAsync();

        Assert.All(Enum.GetValues<Fault>(), fault => Assert.True(proxy.Faults.GetValueOrDefault(fault) > 0, fault.ToString()));
        Assert.True(proxy.Duplicates > 0, "nothing that was stored was sent again");
        // One that retries tells nobody; any other tells its caller of each.
        Assert.Equal(retries ? 0 : proxy.Faults.Where(f => f.Key != Fault.None).Sum(f => f.Value), sdk.Failed.Count);
        await AllAreThereAsync(sdk, begin);
    }

    [Fact(Timeout = TimeoutMillis)]
    public async Task Loses_and_doubles_nothing_when_the_gateway_is_killed_and_started_again()
    {
        Sdk.NeedsNode();
        var begin = DateTimeOffset.UtcNow;
        await using var gateway = await platform.StartGatewayAsync(_run);
        await using var sdk = Sdk.StartOrSkip(program, new Wanted(gateway.Address, gateway.Key, _run, Count, Pace: 40, Resend: !retries));
        await sdk.ArrivedAsync(Count / 4);
        await gateway.KillAsync();
        var arrived = sdk.ArrivedCount;
        await gateway.RestartAsync();
        await sdk.EndAsync();

        Assert.InRange(arrived, Count / 4, Count - 1);
        Assert.True(retries ? sdk.Failed.Count == 0 : sdk.Failed.Count > 0, $"{sdk.Failed.Count} failures: {sdk.Failed.FirstOrDefault()}");
        await AllAreThereAsync(sdk, begin);
    }

    async Task AllAreThereAsync(Sdk sdk, DateTimeOffset begin)
    {
        Assert.Equal(Count, sdk.Arrived.Count);
        Ledger.Balances(sdk.Arrived, await platform.ReadAsync(_run), library, begin);
    }
}

public sealed class SegmentNodeTests(Platform platform) : SdkFacts(platform, "segment.mjs", "@segment/analytics-node/3.1.0", retries: true);

public sealed class RudderStackNodeTests(Platform platform) : SdkFacts(platform, "rudderstack.mjs", "analytics-node/3.0.13", retries: true);

public sealed class JitsuTests(Platform platform) : SdkFacts(platform, "jitsu.mjs", "@jitsu/js/1.11.0", retries: false);

/// <summary>The SDK says nothing of itself.</summary>
public sealed class DittofeedTests(Platform platform) : SdkFacts(platform, "dittofeed.mjs", "", retries: false);
