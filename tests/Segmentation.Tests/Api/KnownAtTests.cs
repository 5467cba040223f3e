using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>
/// A shop of June in which much became known late: on the 20th a refund of the 5th, on the 12th that a visitor was somebody, on the 25th that somebody is erased; on
/// the 30th another model goes to work.
/// </summary>
public sealed class KnownAtFixture : IAsyncLifetime
{
    internal SegmentationHouse House { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        House = await SegmentationHouse.StartAsync("--Segmentation:DerivationLookSeconds=1");
        House.Announce("tea", "Europe/London", "GBP");
        House.Record("tea", "user:refunded", "2024-06-01T10:00:00Z", Said.Ordered("o-1", 10));
        House.Record("tea", "user:refunded", "2024-06-05T10:00:00Z", Said.Refunded("o-1"), received: "2024-06-20T09:00:00Z");
        House.Record("tea", "anon:v", "2024-06-02T10:00:00Z", Said.Ordered("o-2", 20));
        House.Record("tea", "anon:v", "2024-06-12T10:00:00Z", Said.Reset(CustomerReset.Types.Reason.Merged));
        House.Record("tea", "user:m", "2024-06-02T10:00:00Z", Said.Ordered("o-2", 20), reattributed: "2024-06-12T10:00:00Z");
        House.Record("tea", "user:gone", "2024-06-03T10:00:00Z", Said.Ordered("o-3", 30));
        House.Record("tea", "user:gone", "2024-06-25T10:00:00Z", Said.Reset(CustomerReset.Types.Reason.Erased));
        House.Record("tea", "erased:1", "2024-06-03T10:00:00Z", Said.Ordered("o-3", 30), reattributed: "2024-06-25T10:00:00Z");
        House.Record("tea", "erased:1", "2024-06-25T10:00:00Z", Said.Left());
        await House.CatchUpAsync();
        await House.Client.ActivateModelAsync(new() { Shop = "tea", Model = "five-stage" }, cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(async () => (await House.Client.GetModelAsync(new() { Shop = "tea", Model = "five-stage" }, cancellationToken: TestContext.Current.CancellationToken)).Active is not null, "the model is active");
    }

    public ValueTask DisposeAsync() => House.DisposeAsync();
}

public sealed class KnownAtTests(KnownAtFixture fixture) : IClassFixture<KnownAtFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    SegmentationService.SegmentationServiceClient Client => fixture.House.Client;

    static Timestamp? At(string? instant) => instant is null ? null : Utc(instant).ToTimestamp();

    AsyncUnaryCall<CustomerLifecycle> Get(string customer, string asOf, string? knownAt, string model = "")
        => Client.GetCustomerLifecycleAsync(new() { Shop = "tea", Customer = customer, Model = model, AsOf = At(asOf), KnownAt = At(knownAt) }, cancellationToken: Cancellation);

    AsyncUnaryCall<ListCustomersResponse> List(string stage, string asOf, string? knownAt, string model = "", int size = 0, string token = "")
        => Client.ListCustomersAsync(new() { Shop = "tea", Model = model, Stage = stage, AsOf = At(asOf), KnownAt = At(knownAt), IncludeAnonymous = true, PageSize = size, PageToken = token }, cancellationToken: Cancellation);

    AsyncUnaryCall<StageCounts> Count(string asOf, string? knownAt, string model = "")
        => Client.GetStageCountsAsync(new() { Shop = "tea", Model = model, AsOf = At(asOf), KnownAt = At(knownAt), IncludeAnonymous = true }, cancellationToken: Cancellation);

    AsyncUnaryCall<StageFlows> Flow(string from, string to, string? knownAt, string model = "")
        => Client.GetStageFlowsAsync(new() { Shop = "tea", Model = model, From = At(from), To = At(to), KnownAt = At(knownAt), IncludeAnonymous = true }, cancellationToken: Cancellation);

    const string Tenth = "2024-06-10T12:00:00Z", BeforeMerge = "2024-06-11T12:00:00Z", BeforeRefund = "2024-06-15T12:00:00Z", BeforeErasure = "2024-06-24T12:00:00Z";

    [Fact]
    public async Task A_late_refund_changes_a_customer_as_known_now_and_not_as_known_then()
    {
        var (now, then) = (await Get("user:refunded", Tenth, null), await Get("user:refunded", Tenth, BeforeRefund));
        Assert.Equal(("prospect", "new"), (now.Stage, then.Stage));
        Assert.Equal((0, 10), (now.Value.Units, then.Value.Units));
        Assert.Equal((null, Utc(BeforeRefund).ToTimestamp()), (now.KnownAt, then.KnownAt));
        Assert.Equal("prospect", (await Get("user:refunded", Tenth, "2024-06-20T09:00:00Z")).Stage);
        Assert.Equal("new", (await Get("user:refunded", Tenth, "2024-06-20T08:59:59.999Z")).Stage);
    }

    [Theory]
    [InlineData(null, "prospect 1, new 2 50")]
    [InlineData(BeforeErasure, "prospect 1, new 2 50")]
    [InlineData(BeforeRefund, "prospect 0, new 3 60")]
    [InlineData(BeforeMerge, "prospect 0, new 3 60")]
    [InlineData("2024-06-02T12:00:00Z", "prospect 0, new 2 30")]
    [InlineData("2024-05-31", "prospect 0, new 0 0")]
    public async Task Counts_are_those_of_what_was_known(string? knownAt, string expected)
    {
        var counts = await Count(Tenth, knownAt);
        var (prospect, fresh) = (counts.Stages[0], counts.Stages[1]);
        Assert.Equal(expected, $"prospect {prospect.CustomerCount}, new {fresh.CustomerCount} {fresh.Value.Units}");
        Assert.Equal(prospect.CustomerCount + fresh.CustomerCount, counts.CustomerCount);
        Assert.Equal(At(knownAt), counts.KnownAt);
    }

    [Theory]
    [InlineData(null, "erased:1 user:m")]
    [InlineData(BeforeRefund, "erased:1 user:m user:refunded")]
    [InlineData(BeforeMerge, "anon:v erased:1 user:refunded")]
    public async Task Lists_are_those_of_what_was_known(string? knownAt, string expected)
        => Assert.Equal(expected, string.Join(' ', (await List("new", Tenth, knownAt)).Customers.Select(c => c.Customer)));

    [Theory]
    [InlineData(null, "new -> prospect 1, new -> new 2")]
    [InlineData(BeforeRefund, "new -> new 3")]
    public async Task Flows_are_those_of_what_was_known(string? knownAt, string expected)
    {
        var flows = await Flow("2024-06-04", Tenth, knownAt);
        Assert.Equal(expected, string.Join(", ", flows.Flows.Select(f => $"{f.FromStage} -> {f.ToStage} {f.CustomerCount}")));
        Assert.Equal(At(knownAt), flows.KnownAt);
    }

    [Fact]
    public async Task Who_was_merged_was_somebody_of_their_own_until_then()
    {
        Assert.Equal("new", (await Get("anon:v", Tenth, BeforeMerge)).Stage);
        Assert.Equal("CUSTOMER_NOT_FOUND", (await RefusalAsync(Get("anon:v", Tenth, null), StatusCode.NotFound)).Reason);
        var refusal = await RefusalAsync(Get("user:m", Tenth, BeforeMerge), StatusCode.NotFound);
        Assert.Equal(("CUSTOMER_NOT_FOUND", "2024-06-11T12:00:00Z"), (refusal.Reason, refusal.Metadata["known_at"]));
        Assert.Equal(20, (await Get("user:m", Tenth, null)).Value.Units);
    }

    [Fact]
    public async Task Who_was_erased_is_nowhere_and_what_is_left_was_always_counted()
    {
        foreach (var known in (string?[])[null, BeforeErasure, Tenth])
            Assert.Equal("CUSTOMER_NOT_FOUND", (await RefusalAsync(Get("user:gone", Tenth, known), StatusCode.NotFound)).Reason);
        Assert.Equal(30, (await Get("erased:1", "2024-06-24", null)).Value.Units);
        Assert.Equal("CUSTOMER_NOT_FOUND", (await RefusalAsync(Get("erased:1", "2024-06-26", null), StatusCode.NotFound)).Reason);
        Assert.Equal("new", (await Get("erased:1", "2024-06-26", BeforeErasure)).Stage);
    }

    [Fact]
    public async Task Pages_keep_what_is_known_and_a_token_belongs_to_it()
    {
        var first = await List("new", Tenth, BeforeMerge, size: 2);
        Assert.Equal(["anon:v", "erased:1"], first.Customers.Select(c => c.Customer));
        Assert.Equal(["user:refunded"], (await List("new", Tenth, BeforeMerge, size: 2, token: first.NextPageToken)).Customers.Select(c => c.Customer));
        Assert.Equal("PAGE_TOKEN_INVALID", (await RefusalAsync(List("new", Tenth, null, size: 2, token: first.NextPageToken), StatusCode.InvalidArgument)).Reason);
    }

    [Fact]
    public async Task Nobody_knows_the_future()
    {
        const string Later = "2024-07-30";
        Assert.Equal(["known_at"], await ViolationsAsync(Get("user:m", Tenth, Later)));
        Assert.Equal(["known_at"], await ViolationsAsync(List("", Tenth, Later)));
        Assert.Equal(["known_at"], await ViolationsAsync(Count(Tenth, Later)));
        Assert.Equal(["known_at"], await ViolationsAsync(Flow("2024-06-04", Tenth, Later)));
        Assert.Equal(["known_at"], await ViolationsAsync(Client.GetStageCountsAsync(new() { Shop = "tea", KnownAt = new Timestamp { Nanos = -1 } }, cancellationToken: Cancellation)));
    }

    [Fact]
    public async Task A_model_answers_from_when_it_was_active()
    {
        const string Model = "five-stage";
        Assert.Equal(5, (await Count(Tenth, null, Model)).Stages.Count);
        foreach (var refusal in (ErrorReason[])
            [
                await RefusalAsync(Get("user:m", Tenth, BeforeErasure, Model), StatusCode.FailedPrecondition), await RefusalAsync(List("", Tenth, BeforeErasure, Model), StatusCode.FailedPrecondition),
                await RefusalAsync(Count(Tenth, BeforeErasure, Model), StatusCode.FailedPrecondition), await RefusalAsync(Flow("2024-06-04", Tenth, BeforeErasure, Model), StatusCode.FailedPrecondition),
            ])
            Assert.Equal(("MODEL_NOT_ACTIVE", Model, "2024-06-24T12:00:00Z"), (refusal.Reason, refusal.Metadata["model"], refusal.Metadata["known_at"]));
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Count(Tenth, BeforeErasure, "vip"), StatusCode.NotFound)).Reason);
    }
}
