using Microsoft.Extensions.Options;
using Perennial.Gateway.Webhooks.Storage;

namespace Perennial.Gateway.Webhooks;

/// <summary>
/// Delivers to every enabled webhook that no other gateway delivers to. Each webhook has a task of its own, so that a slow one holds up nobody; a lease in the store says whose it is.
/// </summary>
internal sealed class Deliveries(LeaseStore leases, DeliveryParts parts, IOptions<WebhookOptions> options, TimeProvider clock, ILogger<Deliveries> log) : BackgroundService
{
    readonly string _holder = Guid.NewGuid().ToString("N");
    readonly Dictionary<WebhookKey, Running> _running = [];
    TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    DateTimeOffset _heldUntil = DateTimeOffset.MinValue;
    bool _storeFails;

    TimeSpan LeaseTime => TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    /// <summary>Looks at once: something was changed here.</summary>
    public void Wake() => Volatile.Read(ref _woken).TrySetResult();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                // Before the look: what is changed during it is seen by the next one.
                var woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                Volatile.Write(ref _woken, woken);
                await LookAsync(stoppingToken);
                await WaitAsync(woken.Task, stoppingToken);
            }
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // However a store says that it was stopped.
            await LeaveAsync();
        }
    }

    async Task WaitAsync(Task woken, CancellationToken cancellation)
    {
        try
        {
            await woken.WaitAsync(TimeSpan.FromMilliseconds(options.Value.PollMillis), clock, cancellation);
        }
        catch (TimeoutException)
        {
            // Time to look again.
        }
    }

    async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            await TendAsync(await HoldAsync(cancellation), cancellation);
            _storeFails = false;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            if (!_storeFails) Log.WebhookLeasesFailed(log, e);
            _storeFails = true;
            // Somebody else may have them by now.
            if (clock.GetUtcNow() >= _heldUntil) await StopAsync([.. _running.Keys]);
        }
    }

    /// <summary>The webhooks that are this gateway's. The store is written to only when one is free, or when a third of the lease is over.</summary>
    async Task<IReadOnlyList<Lease>> HoldAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var all = await leases.ListAsync(cancellation);
        if (all.Any(lease => IsDue(lease, now)))
        {
            await leases.ClaimAsync(_holder, now, now + LeaseTime, cancellation);
            all = await leases.ListAsync(cancellation);
            _heldUntil = now + LeaseTime;
        }
        return [.. all.Where(lease => lease.LeaseHolder == _holder)];
    }

    bool IsDue(Lease lease, DateTimeOffset now)
        => lease.LeaseHolder == _holder ? lease.LeaseUntil <= now + LeaseTime * 2 / 3 : lease.LeaseHolder.Length == 0 || lease.LeaseUntil <= now;

    async Task TendAsync(IReadOnlyList<Lease> held, CancellationToken cancellation)
    {
        var versions = held.ToDictionary(lease => lease.Key, lease => lease.Version);
        await StopAsync([.. _running.Where(r => !versions.TryGetValue(r.Key, out var version) || version != r.Value.Version || r.Value.Delivering.IsCompleted).Select(r => r.Key)]);
        foreach (var lease in held)
        {
            if (!_running.TryGetValue(lease.Key, out var running)) _running[lease.Key] = running = new Running(new Delivery(parts, lease.Key, _holder), lease.Version, cancellation);
            if (lease.Redeliver) running.Redeliver(log, lease.Key);
        }
        parts.Metrics.WebhooksHeld = _running.Count;
    }

    async Task StopAsync(IReadOnlyList<WebhookKey> keys)
    {
        foreach (var key in keys)
        {
            if (_running.Remove(key, out var running)) await running.StopAsync();
            parts.Last.Forget(key);
        }
    }

    async Task LeaveAsync()
    {
        await StopAsync([.. _running.Keys]);
        try
        {
            await leases.ReleaseAsync(_holder, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The others wait for its end, then.
            Log.WebhookLeasesFailed(log, e);
        }
    }

    /// <summary>What runs for one webhook.</summary>
    sealed class Running
    {
        readonly CancellationTokenSource _stop;
        readonly Delivery _delivery;
        Task _redelivering = Task.CompletedTask;
        bool _redeliveryFails;

        public Running(Delivery delivery, long version, CancellationToken cancellation)
        {
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            (_delivery, Version) = (delivery, version);
            Delivering = Task.Run(() => delivery.RunAsync(_stop.Token), CancellationToken.None);
        }

        public long Version { get; }
        public Task Delivering { get; }

        public void Redeliver(ILogger log, WebhookKey key)
        {
            if (_redelivering.IsCompleted) _redelivering = Task.Run(() => RedeliverAsync(log, key), CancellationToken.None);
        }

        async Task RedeliverAsync(ILogger log, WebhookKey key)
        {
            try
            {
                await _delivery.RedeliverAsync(_stop.Token);
                _redeliveryFails = false;
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                // What is still marked is tried with the next look.
                if (!_redeliveryFails) Log.WebhookWaits(log, key.Shop, key.Webhook, e.Message);
                _redeliveryFails = true;
            }
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            foreach (var task in (Task[])[Delivering, _redelivering]) await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }
}
