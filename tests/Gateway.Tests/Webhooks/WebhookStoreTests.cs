using Perennial.Foundation.Sql;
using Perennial.Gateway.Webhooks;
using Perennial.Gateway.Webhooks.Storage;
using Perennial.Testing;
using Added = Perennial.Gateway.Webhooks.Storage.WebhookStore.Added;
using Buried = Perennial.Gateway.Webhooks.Storage.ProgressStore.Buried;

namespace Perennial.Gateway.Tests.Webhooks;

/// <summary>What the stores of webhooks guarantee in each dialect.</summary>
public abstract class WebhookStoreConformance
{
    const string Me = "me";
    static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);
    static readonly WebhookKey Key = new("acme", "crm");

    protected abstract Task<TestStore> OpenAsync();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static Webhook New(WebhookKey key) => new(key, "https://hooks.example.com/ä?a=b", new WebhookFilter(["clc", "rfm"], ["lapsed"])) { Secrets = new Secrets("whsec_bmV3", "whsec_b2xk", Now.AddDays(1)), CreateTime = Now, UpdateTime = Now, Progress = new Progress { Position = 7 } };

    static Attempt Failed(int minutes = 0) => new(Now.AddMinutes(minutes), 503, Failures.Status, TimeSpan.FromMilliseconds(5));

    static async Task<Webhook> GetAsync(TestStore store) => (await new WebhookStore(store.Database).GetAsync(Key, Cancel))!;

    /// <summary>A webhook at position 7 that this gateway holds.</summary>
    async Task<(TestStore Store, ProgressStore Progress)> HeldAsync()
    {
        var store = await OpenAsync();
        await new WebhookStore(store.Database).AddAsync(New(Key), 5, Cancel);
        await new LeaseStore(store.Database).ClaimAsync(Me, Now, Now.AddSeconds(30), Cancel);
        return (store, new ProgressStore(store.Database));
    }

    [Fact]
    public async Task Keeps_what_is_registered_under_shop_and_id()
    {
        await using var store = await OpenAsync();
        var webhooks = new WebhookStore(store.Database);
        Assert.Equal(Added.Yes, await webhooks.AddAsync(New(Key), 2, Cancel));
        Assert.Equal(Added.Exists, await webhooks.AddAsync(New(Key), 2, Cancel));
        Assert.Equal(Added.Yes, await webhooks.AddAsync(New(Key with { Webhook = "b" }) with { Enabled = false, Secrets = new Secrets("whsec_bmV3", null, null), Filter = new WebhookFilter([], []) }, 2, Cancel));
        Assert.Equal(Added.TooMany, await webhooks.AddAsync(New(Key with { Webhook = "c" }), 2, Cancel));
        Assert.Equal(Added.Yes, await webhooks.AddAsync(New(new WebhookKey("other", "crm")), 2, Cancel));

        Assert.Equivalent(New(Key), await webhooks.GetAsync(Key, Cancel), strict: true);
        Assert.Null(await webhooks.GetAsync(Key with { Webhook = "CRM" }, Cancel));
        var listed = await webhooks.ListAsync("acme", "", 10, Cancel);
        Assert.Equal(["b", "crm"], listed.Select(w => w.Key.Webhook));
        Assert.Equal((false, null, null, 0, 0), (listed[0].Enabled, listed[0].Secrets.Old, listed[0].Secrets.OldUntil, listed[0].Filter.Models.Count, listed[0].Filter.Stages.Count));
        Assert.Equal(["b"], (await webhooks.ListAsync("acme", "", 1, Cancel)).Select(w => w.Key.Webhook));
        Assert.Equal(["crm"], (await webhooks.ListAsync("acme", "b", 10, Cancel)).Select(w => w.Key.Webhook));
    }

    [Fact]
    public async Task An_update_changes_what_is_registered_and_restarts_only_where_asked()
    {
        var (store, progress) = await HeldAsync();
        await using (store)
        {
            var webhooks = new WebhookStore(store.Database);
            Assert.True(await progress.FailAsync(Key, Me, 7, 9, 3, Now.AddHours(1), Failed(), Cancel));
            var updated = (await webhooks.UpdateAsync(Key, w => w with { Url = "https://new.example.com/", Enabled = false, UpdateTime = Now.AddDays(1) }, restart: false, null, Cancel))!;
            Assert.Equal(("https://new.example.com/", false, 2L, Now.AddDays(1)), (updated.Url, updated.Enabled, updated.Version, updated.UpdateTime));
            Assert.Equal(new Progress { Position = 7, PendingPosition = 9, Attempts = 3, NextAttemptTime = Now.AddHours(1), LastAttemptTime = Now, LastStatus = 503, LastFailure = Failures.Status }, updated.Progress);
            Assert.Equal(new Progress { Position = 7, LastAttemptTime = Now, LastStatus = 503, LastFailure = Failures.Status }, (await webhooks.UpdateAsync(Key, w => w, restart: true, null, Cancel))!.Progress);
            Assert.Equal(2, (await webhooks.UpdateAsync(Key, w => w, restart: true, 2, Cancel))!.Progress.Position);
            Assert.Null(await webhooks.UpdateAsync(Key with { Webhook = "none" }, w => w, restart: true, 2, Cancel));
        }
    }

    [Fact]
    public async Task A_lease_is_one_gateways_until_it_is_over_or_left()
    {
        await using var store = await OpenAsync();
        var (webhooks, leases) = (new WebhookStore(store.Database), new LeaseStore(store.Database));
        await webhooks.AddAsync(New(Key), 5, Cancel);
        await webhooks.AddAsync(New(Key with { Webhook = "off" }) with { Enabled = false }, 5, Cancel);
        Assert.Equal([new Lease { Shop = "acme", Webhook = "crm", Version = 1 }], await leases.ListAsync(Cancel));
        await leases.ClaimAsync(Me, Now, Now.AddSeconds(30), Cancel);
        await leases.ClaimAsync("you", Now.AddSeconds(29), Now.AddSeconds(59), Cancel);
        Assert.Equal([new Lease { Shop = "acme", Webhook = "crm", Version = 1, LeaseHolder = Me, LeaseUntil = Now.AddSeconds(30) }], await leases.ListAsync(Cancel));
        await leases.ClaimAsync(Me, Now.AddSeconds(20), Now.AddSeconds(50), Cancel);
        await leases.ClaimAsync("you", Now.AddSeconds(30), Now.AddSeconds(60), Cancel);
        Assert.Equal(Me, (await leases.ListAsync(Cancel))[0].LeaseHolder);
        await leases.ClaimAsync("you", Now.AddSeconds(50), Now.AddSeconds(80), Cancel);
        Assert.Equal("you", (await leases.ListAsync(Cancel))[0].LeaseHolder);
        await leases.ReleaseAsync(Me, Cancel);
        Assert.Equal("you", (await leases.ListAsync(Cancel))[0].LeaseHolder);
        await leases.ReleaseAsync("you", Cancel);
        Assert.Equal(("", null), ((await leases.ListAsync(Cancel))[0].LeaseHolder, (await leases.ListAsync(Cancel))[0].LeaseUntil));
    }

    [Fact]
    public async Task Of_gateways_that_claim_at_once_one_has_it()
    {
        await using var store = await OpenAsync();
        await new WebhookStore(store.Database).AddAsync(New(Key), 5, Cancel);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            await using var database = store.OpenAnother();
            await new LeaseStore(database).ClaimAsync($"gateway-{i}", Now, Now.AddSeconds(30), Cancel);
            var holder = (await new LeaseStore(database).ListAsync(Cancel))[0].LeaseHolder;
            Assert.Equal($"gateway-{i}" == holder, await new ProgressStore(database).AdvanceAsync(Key, $"gateway-{i}", 7, 8, null, Cancel));
        }));
        Assert.Equal(8, (await GetAsync(store)).Progress.Position);
    }

    [Fact]
    public async Task Only_the_holder_moves_a_webhook_and_only_from_where_it_is()
    {
        var (store, progress) = await HeldAsync();
        await using (store)
        {
            Assert.False(await progress.AdvanceAsync(Key, "you", 7, 8, null, Cancel));
            Assert.False(await progress.AdvanceAsync(Key, Me, 6, 8, null, Cancel));
            Assert.False(await progress.FailAsync(Key, "you", 7, 8, 1, Now, Failed(), Cancel));
            Assert.False(await progress.DisableAsync(Key, "you", 1, DisabledReasons.Gone, Failed(), Cancel));
            Assert.False(await progress.DisableAsync(Key, Me, 2, DisabledReasons.Gone, Failed(), Cancel));
            Assert.Equal(Buried.Lost, await progress.BuryAsync(New(Key), "you", 7, 8, 1, 10, Failed(), Cancel));
            Assert.Equal((7L, true), ((await GetAsync(store)).Progress.Position, (await GetAsync(store)).Enabled));
            Assert.Equal(0, await new DeadLetterStore(store.Database).CountAsync(Key, Cancel));

            Assert.True(await progress.FailAsync(Key, Me, 7, 8, 1, Now.AddSeconds(5), Failed(), Cancel));
            Assert.True(await progress.AdvanceAsync(Key, Me, 7, 8, null, Cancel));
            Assert.Equal(new Progress { Position = 8, LastAttemptTime = Now, LastStatus = 503, LastFailure = Failures.Status }, (await GetAsync(store)).Progress);
            Assert.True(await progress.AdvanceAsync(Key, Me, 8, 11, new Attempt(Now.AddMinutes(1), 204, "", TimeSpan.Zero), Cancel));
            Assert.Equal(new Progress { Position = 11, LastAttemptTime = Now.AddMinutes(1), LastStatus = 204 }, (await GetAsync(store)).Progress);
            Assert.True(await progress.DisableAsync(Key, Me, 1, DisabledReasons.Gone, Failed(), Cancel));
            Assert.Equal((false, DisabledReasons.Gone, 2L), (await GetAsync(store)) is var webhook ? (webhook.Enabled, webhook.DisabledReason, webhook.Version) : default);
            Assert.Empty(await new LeaseStore(store.Database).ListAsync(Cancel));
        }
    }

    [Fact]
    public async Task Dead_letters_are_kept_by_position_marked_tried_and_removed()
    {
        var (store, progress) = await HeldAsync();
        await using (store)
        {
            var letters = new DeadLetterStore(store.Database);
            for (var position = 7L; position < 10; position++) Assert.Equal(Buried.Yes, await progress.BuryAsync(New(Key), Me, position, position + 1, 10, 3, Failed(), Cancel));
            Assert.Equal(10, (await GetAsync(store)).Progress.Position);
            Assert.Equal([new DeadLetter { Position = 8, Attempts = 10, CreateTime = Now, LastAttemptTime = Now, LastStatus = 503, LastFailure = Failures.Status }], await letters.ListAsync(Key, 0, 1, Cancel));
            Assert.Equal([9, 10], (await letters.ListAsync(Key, 8, 10, Cancel)).Select(l => l.Position));

            Assert.Null(await letters.NextAsync(Key, 0, Cancel));
            Assert.Equal((0, 1), (await letters.MarkAsync(Key, 7, Cancel), await letters.MarkAsync(Key, 9, Cancel)));
            Assert.True((await new LeaseStore(store.Database).ListAsync(Cancel))[0].Redeliver);
            Assert.Equal(9, (await letters.NextAsync(Key, 0, Cancel))?.Position);
            await letters.FailAsync(Key, 9, Failed(5), Cancel);
            Assert.Equal(new DeadLetter { Position = 9, Attempts = 11, CreateTime = Now, LastAttemptTime = Now.AddMinutes(5), LastStatus = 503, LastFailure = Failures.Status }, (await letters.ListAsync(Key, 8, 1, Cancel))[0]);
            Assert.False((await new LeaseStore(store.Database).ListAsync(Cancel))[0].Redeliver);
            Assert.Equal(3, await letters.MarkAsync(Key, null, Cancel));
            Assert.Equal((1, 0), (await letters.DeleteAsync(Key, 8, Cancel), await letters.DeleteAsync(Key, 8, Cancel)));
            Assert.Equal((2, 0L), (await letters.DeleteAsync(Key, null, Cancel), await letters.CountAsync(Key, Cancel)));
        }
    }

    [Fact]
    public async Task With_no_room_for_a_dead_letter_the_webhook_stays_where_it_is_and_is_disabled()
    {
        var (store, progress) = await HeldAsync();
        await using (store)
        {
            Assert.Equal(Buried.Yes, await progress.BuryAsync(New(Key), Me, 7, 8, 10, 1, Failed(), Cancel));
            Assert.Equal(Buried.Full, await progress.BuryAsync(New(Key), Me, 8, 9, 10, 1, Failed(), Cancel));
            Assert.Equal((8L, false, DisabledReasons.DeadLettersFull), (await GetAsync(store)) is var webhook ? (webhook.Progress.Position, webhook.Enabled, webhook.DisabledReason) : default);
        }
    }

    [Fact]
    public async Task What_is_set_back_and_dies_again_is_one_dead_letter()
    {
        var (store, progress) = await HeldAsync();
        await using (store)
        {
            Assert.Equal(Buried.Yes, await progress.BuryAsync(New(Key), Me, 7, 8, 10, 5, Failed(), Cancel));
            await new WebhookStore(store.Database).UpdateAsync(Key, w => w, restart: true, 7, Cancel);
            Assert.Equal(Buried.Yes, await progress.BuryAsync(New(Key), Me, 7, 8, 2, 5, Failed(1), Cancel));
            Assert.Equal((8L, 2), Assert.Single(await new DeadLetterStore(store.Database).ListAsync(Key, 0, 10, Cancel)) is var letter ? (letter.Position, letter.Attempts) : default);
        }
    }

    [Fact]
    public async Task A_webhook_is_deleted_with_its_dead_letters()
    {
        var (store, progress) = await HeldAsync();
        await using (store)
        {
            var webhooks = new WebhookStore(store.Database);
            await progress.BuryAsync(New(Key), Me, 7, 8, 10, 5, Failed(), Cancel);
            Assert.True(await webhooks.DeleteAsync(Key, Cancel));
            Assert.False(await webhooks.DeleteAsync(Key, Cancel));
            Assert.Equal(0, await new DeadLetterStore(store.Database).CountAsync(Key, Cancel));
            Assert.False(await progress.AdvanceAsync(Key, Me, 8, 9, null, Cancel));
        }
    }
}

public sealed class SqliteWebhookStoreTests : WebhookStoreConformance
{
    protected override Task<TestStore> OpenAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class SqlServerWebhookStoreTests : WebhookStoreConformance
{
    protected override Task<TestStore> OpenAsync() => TestStore.SqlServerAsync(Program.House);
}

public sealed class WebhookStoreSqlTests
{
    [Fact]
    public void Every_statement_parses_as_TSql()
    {
        var database = new SqlServerDatabase("gateway", "Server=nowhere;Database=none");
        var texts = ((object[])[new WebhookStore(database), new LeaseStore(database), new ProgressStore(database), new DeadLetterStore(database)]).SelectMany(TSql.StatementsOf).ToList();
        Assert.Equal(21, texts.Count);
        Assert.All(texts, text => Assert.Empty(TSql.Errors(text.Text)));
    }
}
