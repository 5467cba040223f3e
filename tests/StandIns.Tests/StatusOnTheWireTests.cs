using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;

namespace Perennial.StandIns.Tests;

public sealed class StatusOnTheWireTests : IAsyncLifetime
{
    EchoServer _server = null!;

    public static TheoryData<MethodType> Kinds => EchoCalls.Kinds;

    public static TheoryData<StatusCode> Failures => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    public async ValueTask InitializeAsync() => _server = await EchoServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory, MemberData(nameof(Failures))]
    public async Task Every_code_arrives_with_its_detail(StatusCode code)
    {
        var error = await FailAsync(MethodType.Unary, ((int)code).ToString(CultureInfo.InvariantCulture), "100% of it; line");

        Assert.Equal((code, "100% of it; line"), (error.StatusCode, error.Status.Detail));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Every_kind_of_call_can_fail(MethodType kind)
    {
        var error = await FailAsync(kind, "9", "later");

        Assert.Equal((StatusCode.FailedPrecondition, "later"), (error.StatusCode, error.Status.Detail));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_fault_of_the_server_is_unknown_and_keeps_its_secrets(MethodType kind)
    {
        var error = await FailAsync(kind, "fault", "");

        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler."), (error.StatusCode, error.Status.Detail));
    }

    [Theory]
    [InlineData("Zoë ☂ 東京")]
    [InlineData("two\r\nlines\tand %41")]
    public async Task A_status_may_be_set_instead_of_thrown_and_speaks_every_language(string detail)
    {
        _server.Seen.QuietStatus = new Status(StatusCode.DataLoss, detail);

        var error = await FailAsync(MethodType.ServerStreaming, null, "");

        Assert.Equal((StatusCode.DataLoss, detail), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_unimplemented()
    {
        var method = new Method<string, string>(MethodType.Unary, "no.Such", "Thing", Marshallers.StringMarshaller, Marshallers.StringMarshaller);

        var error = await Assert.ThrowsAsync<RpcException>(() => _server.Channel().CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(), "hello").ResponseAsync);

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        await _server.DisposeAsync();
        using var channel = GrpcChannel.ForAddress(_server.Uri);

        var error = await Assert.ThrowsAsync<RpcException>(() => new Echo.EchoClient(channel).RunAsync(MethodType.Unary, new CallOptions(cancellationToken: TestContext.Current.CancellationToken)));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.NotNull(error.Status.DebugException);
    }

    Task<RpcException> FailAsync(MethodType kind, string? code, string detail)
    {
        var headers = new Metadata { { "fail-detail", detail } };
        if (code is not null) headers.Add("fail-code", code);
        return Assert.ThrowsAsync<RpcException>(() => _server.Client.RunAsync(kind, new CallOptions(headers, cancellationToken: TestContext.Current.CancellationToken)));
    }
}
