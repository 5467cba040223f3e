using Grpc.Core;
using Grpc.Health.V1;
using Perennial.Ingestion.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Perennial.Foundation.Tests.Grpc;

public sealed class HealthTests : IAsyncLifetime
{
    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    static readonly string Known = IngestionService.Descriptor.FullName;

    readonly SteppedTime _time = new();
    TestServer _server = null!;
    string? _problem;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(_time);
        _server.Health.AddCheck("steady", () => null);
        _server.Health.AddCheck("feed", () => _problem);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Serves_while_nothing_is_wrong()
    {
        Assert.Equal(ServingStatus.Serving, await CheckAsync(""));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(Known));
        Assert.Null(_server.Health.Problem);
    }

    [Fact]
    public async Task Does_not_serve_while_a_check_has_a_problem()
    {
        _problem = "stopped at position 12";

        Assert.Equal(ServingStatus.NotServing, await CheckAsync(""));
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(Known));
        Assert.Equal("feed: stopped at position 12", _server.Health.Problem);

        _problem = null;
        Assert.Equal(ServingStatus.Serving, await CheckAsync(Known));
    }

    [Fact]
    public async Task A_check_that_throws_is_a_problem_not_a_fault()
    {
        _server.Health.AddCheck("lease", () => throw new InvalidOperationException("no clock"));

        Assert.Equal(ServingStatus.NotServing, await CheckAsync(""));
        Assert.Equal("lease: the check failed: no clock", _server.Health.Problem);
    }

    [Fact]
    public async Task Check_of_an_unknown_service_is_not_found()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CheckAsync("perennial.nowhere.v1.NoService"));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task Watch_tells_the_status_at_once_and_then_changes_only()
    {
        using var watch = Watch(Known);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch.ResponseStream));

        var next = NextAsync(watch.ResponseStream);
        await _time.AdvanceAsync(Second);
        await _time.AdvanceAsync(Second);
        Assert.False(next.IsCompleted, "nothing changed");

        _problem = "stopped";
        await _time.AdvanceAsync(Second);
        Assert.Equal(ServingStatus.NotServing, await next);

        _problem = null;
        await _time.AdvanceAsync(Second);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch.ResponseStream));
    }

    [Fact]
    public async Task Watch_of_an_unknown_service_goes_on_until_it_becomes_known()
    {
        using var watch = Watch("perennial.late.v1.LateService");
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch.ResponseStream));

        _server.Health.Register("perennial.late.v1.LateService");
        await _time.AdvanceAsync(Second);

        Assert.Equal(ServingStatus.Serving, await NextAsync(watch.ResponseStream));
    }

    [Fact]
    public async Task A_watcher_that_leaves_is_no_fault()
    {
        using var leaving = new CancellationTokenSource();
        using var watch = new Health.HealthClient(_server.Invoker).Watch(new HealthCheckRequest(), cancellationToken: leaving.Token);
        await NextAsync(watch.ResponseStream);

        await leaving.CancelAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => NextAsync(watch.ResponseStream));

        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        await _server.App.StopAsync(Cancellation);
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public async Task While_draining_it_answers_that_it_does_not_serve()
    {
        _server.App.Lifetime.StopApplication();

        Assert.True(_server.Health.Stopping);
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(""));
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(Known));
    }

    [Fact]
    public async Task A_stop_tells_watchers_and_lets_them_go()
    {
        using var watch = Watch("");
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch.ResponseStream));

        _server.App.Lifetime.StopApplication();

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch.ResponseStream));
        Assert.False(await watch.ResponseStream.MoveNext(Cancellation));
    }

    async Task<ServingStatus> CheckAsync(string service)
        => (await new Health.HealthClient(_server.Invoker).CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: Cancellation)).Status;

    AsyncServerStreamingCall<HealthCheckResponse> Watch(string service)
        => new Health.HealthClient(_server.Invoker).Watch(new HealthCheckRequest { Service = service }, cancellationToken: Cancellation);

    static async Task<ServingStatus> NextAsync(IAsyncStreamReader<HealthCheckResponse> statuses)
    {
        Assert.True(await statuses.MoveNext(Cancellation));
        return statuses.Current.Status;
    }
}
