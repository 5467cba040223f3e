using System.Globalization;
using Grpc.Core;

namespace Perennial.StandIns.Tests;

public sealed class CallTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    EchoServer _server = null!;

    public static TheoryData<MethodType> Kinds => EchoCalls.Kinds;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await EchoServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory, MemberData(nameof(Kinds))]
    public async Task Answers_every_kind_of_call(MethodType kind)
    {
        var outcome = await _server.Client.RunAsync(kind, Options());

        Assert.Equal(EchoCalls.Expected(kind), outcome.Texts);
        Assert.Equal(Status.DefaultSuccess, outcome.Status);
        Assert.Empty(outcome.Trailers);
    }

    [Fact]
    public void Answers_a_caller_that_waits_for_it()
        => Assert.Equal("a", _server.Client.Unary(new EchoRequest { Text = "a" }, Options()).Text);

    [Fact]
    public async Task Both_directions_of_a_duplex_call_flow_at_once()
    {
        using var call = _server.Client.Duplex(Options());
        for (var i = 0; i < 20; i++)
        {
            var text = i.ToString(CultureInfo.InvariantCulture);
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text }, Cancellation);
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            Assert.Equal(text, call.ResponseStream.Current.Text);
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task A_message_may_be_large()
    {
        var text = new string('x', 1_000_000);

        Assert.Equal(text, (await _server.Client.UnaryAsync(new EchoRequest { Text = text }, Options())).Text);
    }

    [Fact]
    public async Task A_server_knows_who_calls_what()
    {
        await _server.Client.UnaryAsync(new EchoRequest(), Options());

        var call = Assert.Single(_server.Seen.Calls);
        Assert.Equal("/perennial.standins.v1.Echo/Unary", call.Method);
        Assert.Equal(_server.Uri.Authority, call.Host);
        Assert.StartsWith("ipv4:127.0.0.1:", call.Address, StringComparison.Ordinal);
        Assert.False(call.Peer.IsPeerAuthenticated);
        Assert.Equal(0, call.States);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_deadline_ends_the_call_on_both_sides(MethodType kind)
    {
        var deadline = DateTime.UtcNow.AddMilliseconds(150);

        var error = await Assert.ThrowsAsync<RpcException>(() => _server.Client.RunAsync(kind, Options("hang").WithDeadline(deadline)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await _server.Seen.Cancelled.Task.WaitAsync(Patience, Cancellation);
        Assert.Equal(deadline, Assert.Single(_server.Seen.Calls).Deadline, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_deadline_that_passed_sends_nothing()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => _server.Client.RunAsync(MethodType.Unary, Options().WithDeadline(DateTime.UtcNow.AddSeconds(-1))));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Empty(_server.Seen.Calls);
    }

    [Fact]
    public async Task Without_a_deadline_a_call_has_all_time()
    {
        await _server.Client.RunAsync(MethodType.Unary, Options());

        Assert.Equal(DateTime.MaxValue, Assert.Single(_server.Seen.Calls).Deadline);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_cancellation_ends_the_call_on_both_sides(MethodType kind)
    {
        using var leaving = new CancellationTokenSource();
        var call = _server.Client.RunAsync(kind, Options("hang").WithCancellationToken(leaving.Token));
        await _server.Seen.Hanging.Task.WaitAsync(Patience, Cancellation);

        await leaving.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        await _server.Seen.Cancelled.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task To_drop_a_call_is_to_cancel_it()
    {
        using (_server.Client.ServerStream(new EchoRequest(), Options("hang"))) await _server.Seen.Hanging.Task.WaitAsync(Patience, Cancellation);

        await _server.Seen.Cancelled.Task.WaitAsync(Patience, Cancellation);
    }

    static CallOptions Options(params string[] flags)
    {
        var headers = new Metadata();
        foreach (var flag in flags) headers.Add(flag, "1");
        return new CallOptions(headers, cancellationToken: Cancellation);
    }
}
