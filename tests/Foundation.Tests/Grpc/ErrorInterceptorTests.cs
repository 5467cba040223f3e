using Grpc.Core;
using Perennial.Foundation.Grpc;

namespace Perennial.Foundation.Tests.Grpc;

public sealed class ErrorInterceptorTests : IAsyncLifetime
{
    TestServer _server = null!;

    public static TheoryData<MethodType> Kinds => [.. Enum.GetValues<MethodType>()];

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_fault_is_logged_once_and_told_without_its_secrets(MethodType kind)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => TillMethods.CallAsync(_server.Invoker, kind, [], Till.Broken));

        Assert.Equal((StatusCode.Internal, "INTERNAL"), (error.StatusCode, Errors.Reason(error)!.Reason));
        Assert.DoesNotContain("swordfish", error.ToString(), StringComparison.Ordinal);
        Assert.Equal($"1001 /test.Till/{kind} failed the password is swordfish", Assert.Single(_server.Log.Lines));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_store_that_does_not_answer_is_worth_a_retry(MethodType kind)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => TillMethods.CallAsync(_server.Invoker, kind, [], Till.Storeless));

        Assert.Equal((StatusCode.Unavailable, "UNAVAILABLE"), (error.StatusCode, Errors.Reason(error)!.Reason));
        Assert.Single(_server.Log.Lines);
    }
}
