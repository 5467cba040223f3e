using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.Foundation.Tests.Grpc;

public sealed class TenantInterceptorTests : IAsyncLifetime
{
    const string Token = "0123456789abcdef0123456789abcdef";

    TestServer _server = null!;

    public static TheoryData<MethodType> Kinds => [.. Enum.GetValues<MethodType>()];

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(serviceToken: Token);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_call_without_the_service_token_is_refused(MethodType kind)
    {
        await RefusedAsync(kind, []);
        await RefusedAsync(kind, new Metadata { { "authorization", "Bearer " } });
        await RefusedAsync(kind, new Metadata { { "authorization", Token } });
        await RefusedAsync(kind, new Metadata { { "authorization", "Bearer " + Token[..^1] + "0" } });

        async Task RefusedAsync(MethodType kind, Metadata headers)
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => TillMethods.CallAsync(_server.Invoker, kind, headers, "acme"));
            Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
            Assert.Equal(("UNAUTHENTICATED", "perennial"), (Errors.Reason(error)!.Reason, Errors.Reason(error)!.Domain));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_key_of_one_shop_may_not_name_another(MethodType kind)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(kind, "acme", "rival"));

        AssertMismatch(error, "rival");
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_key_of_one_shop_may_not_leave_the_shop_open(MethodType kind)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(kind, "acme", ""));

        AssertMismatch(error, "");
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Shops_that_differ_in_case_differ(MethodType kind)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(kind, "acme", "Acme"));

        AssertMismatch(error, "Acme");
    }

    [Theory]
    [InlineData(MethodType.ClientStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task A_stream_is_refused_at_its_first_message_for_another_shop(MethodType kind)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(kind, "acme", "acme", "acme", "rival"));

        AssertMismatch(error, "rival");
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_key_may_name_its_own_shop(MethodType kind)
        => Assert.Equal("acme", (await CallAsync(kind, "acme", "acme", "acme"))[^1]);

    [Theory, MemberData(nameof(Kinds))]
    public async Task An_internal_caller_may_name_any_shop(MethodType kind)
    {
        Assert.Equal("rival", (await CallAsync(kind, null, "rival"))[^1]);
        Assert.Equal("", (await CallAsync(kind, null, ""))[^1]);
    }

    [Fact]
    public async Task Health_and_reflection_answer_without_a_token()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var health = await new Health.HealthClient(_server.Invoker).CheckAsync(new HealthCheckRequest(), cancellationToken: cancellation);
        using var reflection = new ServerReflection.ServerReflectionClient(_server.Invoker).ServerReflectionInfo(cancellationToken: cancellation);
        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "*" }, cancellation);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        Assert.True(await reflection.ResponseStream.MoveNext(cancellation));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Without_a_token_in_the_settings_the_shop_is_still_held(MethodType kind)
    {
        await using var open = await TestServer.StartAsync();

        Assert.Equal("acme", (await TillMethods.CallAsync(open.Invoker, kind, [], "acme"))[^1]);
        var error = await Assert.ThrowsAsync<RpcException>(() => TillMethods.CallAsync(open.Invoker, kind, new Metadata { { CallMetadata.Shop, "acme" } }, "rival"));

        AssertMismatch(error, "rival");
    }

    Task<string[]> CallAsync(MethodType kind, string? tenant, params string[] shops)
    {
        var headers = new Metadata { { CallMetadata.Authorization, "Bearer " + Token } };
        if (tenant is not null) headers.Add(CallMetadata.Shop, tenant);
        return TillMethods.CallAsync(_server.Invoker, kind, headers, shops);
    }

    static void AssertMismatch(RpcException error, string named)
    {
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
        Assert.Equal("SHOP_MISMATCH", Errors.Reason(error)!.Reason);
        Assert.Equal(named, Errors.Reason(error)!.Metadata["shop"]);
    }
}
