using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Perennial.Gateway.Webhooks;
using Perennial.Testing;

namespace Perennial.Gateway.Tests.Webhooks;

/// <summary>What one attempt does, whatever the receiver does.</summary>
public sealed class SenderTests : IAsyncLifetime
{
    static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    readonly TimedClock _clock = new(Now);
    Receiver _receiver = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    async Task<Attempt> SendAsync(string url, bool allowPrivateAddresses = true)
    {
        using var sender = new Sender(Options.Create(new WebhookOptions { AllowPrivateAddresses = allowPrivateAddresses }), _clock);
        return await sender.SendAsync(Webhook(url), CloudEvent.OfPing(Platform.Hook, Now), Cancel);
    }

    static Webhook Webhook(string url) => new(Platform.Hook, url, new WebhookFilter([], [])) { Secrets = Secrets.New(), CreateTime = Now, UpdateTime = Now };

    [Theory]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(299, true)]
    [InlineData(304, false)]
    [InlineData(400, false)]
    [InlineData(410, false)]
    [InlineData(500, false)]
    public async Task Taken_is_what_is_answered_by_2xx(int status, bool taken)
    {
        _receiver.AnswerWith(status);
        var attempt = await SendAsync(_receiver.Url());
        Assert.Equal((taken, status, taken ? "" : Failures.Status, status == 410), (attempt.Delivered, attempt.Status, attempt.Failure, attempt.Gone));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        _receiver.Answer = (_, context) =>
        {
            context.Response.Redirect("/elsewhere", permanent: true, preserveMethod: true);
            return Task.CompletedTask;
        };
        Assert.Equal((308, Failures.Status), await SendAsync(_receiver.Url()) is var attempt ? (attempt.Status, attempt.Failure) : default);
        Assert.Equal("/hook", Assert.Single(_receiver.All).Path);
    }

    [Theory]
    [InlineData("30", 30)]
    [InlineData("Sun, 01 Mar 2026 12:02:00 GMT", 120)]
    [InlineData("Sun, 01 Mar 2026 11:00:00 GMT", null)]
    [InlineData("soon", null)]
    public async Task Retry_After_is_read_as_seconds_or_as_a_date(string header, int? seconds)
    {
        _receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = header;
            return Task.CompletedTask;
        };
        Assert.Equal(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value), (await SendAsync(_receiver.Url())).RetryAfter);
    }

    [Fact]
    public async Task An_endless_answer_is_read_no_further_than_64_KiB_and_kept_to_1_KiB()
    {
        _receiver.Answer = async (_, context) =>
        {
            var piece = Encoding.ASCII.GetBytes(new string('x', 16 * 1024));
            try
            {
                while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // The sender hung up.
            }
        };
        var attempt = await SendAsync(_receiver.Url());
        Assert.Equal((true, new string('x', 1024)), (attempt.Delivered, attempt.Text));
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_left_after_15_seconds()
    {
        _receiver.Answer = (_, context) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var sending = SendAsync(_receiver.Url());
        await _receiver.HasAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(14));
        Assert.False(sending.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var attempt = await sending;
        Assert.Equal((0, Failures.Timeout, TimeSpan.FromSeconds(15)), (attempt.Status, attempt.Failure, attempt.Duration));
    }

    [Theory]
    [InlineData("https://127.0.0.1:{0}/hook")]
    [InlineData("https://localhost:{0}/hook")]
    [InlineData("http://127.0.0.1:{0}/hook")]
    [InlineData("https://[::ffff:127.0.0.1]:{0}/hook")]
    public async Task A_private_address_is_not_even_connected_to(string url)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var attempt = await SendAsync(string.Format(CultureInfo.InvariantCulture, url, port), allowPrivateAddresses: false);
        Assert.Equal((0, Failures.AddressRefused), (attempt.Status, attempt.Failure));
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", Failures.ConnectionFailed)]
    [InlineData("https://nowhere.invalid/", Failures.NameNotResolved)]
    public async Task Who_cannot_be_reached_is_named(string url, string failure) => Assert.Equal((0, failure), await SendAsync(url) is var attempt ? (attempt.Status, attempt.Failure) : default);

    [Fact]
    public async Task A_receiver_without_TLS_at_an_https_address_is_named()
        => Assert.Equal(Failures.TlsFailed, (await SendAsync(_receiver.Url().Replace("http:", "https:", StringComparison.Ordinal))).Failure);

    [Fact]
    public async Task Every_attempt_is_signed_with_its_own_time_and_the_same_id()
    {
        var webhook = Webhook(_receiver.Url());
        using var sender = new Sender(Options.Create(new WebhookOptions { AllowPrivateAddresses = true }), _clock);
        var message = CloudEvent.OfPing(Platform.Hook, Now);
        await sender.SendAsync(webhook, message, Cancel);
        _clock.Advance(TimeSpan.FromMinutes(5));
        await sender.SendAsync(webhook, message, Cancel);
        var seen = _receiver.All.ToArray();
        Assert.Equal([message.Id, message.Id], seen.Select(r => r.Id));
        Assert.Equal([$"{Now.ToUnixTimeSeconds()}", $"{Now.ToUnixTimeSeconds() + 300}"], seen.Select(r => r.Timestamp));
        Assert.All(seen, r => Assert.Equal(SecretsTests.Expected(webhook.Secrets.Current, r.Id, r.Timestamp, r.Body), r.Signature));
        Assert.All(seen, r => Assert.Equal("application/cloudevents+json", r.ContentType));
    }
}
