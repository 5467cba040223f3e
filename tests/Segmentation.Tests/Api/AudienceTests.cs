using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>Audiences through the door of a running house; every test has a shop of its own.</summary>
public sealed class AudienceTests : IAsyncLifetime
{
    SegmentationHouse _house = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    AudienceService.AudienceServiceClient Client => new(_house.Invoker);

    /// <summary>As of the clock of the house, the last day of June 2024.</summary>
    public async ValueTask InitializeAsync()
    {
        _house = await SegmentationHouse.StartAsync();
        _house.Announce("tea", "Europe/London", "GBP");
        _house.Record("tea", "user:ann", "2024-06-01T10:00:00Z", Said.Ordered("a-1", 100));
        _house.Record("tea", "user:ann", "2024-06-20T10:00:00Z", Said.Ordered("a-2", 50.25m));
        _house.Record("tea", "user:bob", "2024-01-10T10:00:00Z", Said.Ordered("b-1", 10));
        _house.Record("tea", "user:cat", "2024-06-29T10:00:00Z", Said.Visited());
        _house.Record("tea", "anon:v", "2024-06-30T10:00:00Z", Said.Ordered("v-1", 20));
        await _house.CatchUpAsync();
    }

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    async Task<AudienceCount> CountAsync(string filter, string? asOf = null, bool anonymous = false, string audience = "")
        => await Client.CountAudienceAsync(new() { Shop = "tea", Filter = filter, Audience = audience, IncludeAnonymous = anonymous, AsOf = asOf is null ? null : Utc(asOf).ToTimestamp() }, cancellationToken: Cancellation);

    async Task<List<AudienceMember>> MembersAsync(StreamAudienceMembersRequest request)
    {
        using var call = Client.StreamAudienceMembers(request, cancellationToken: Cancellation);
        var members = new List<AudienceMember>();
        await foreach (var page in call.ResponseStream.ReadAllAsync(Cancellation))
        {
            Assert.InRange(page.Members.Count, 1, request.PageSize == 0 ? 1_000 : request.PageSize);
            members.AddRange(page.Members);
        }
        return members;
    }

    AsyncUnaryCall<Audience> Create(string id, string filter, string title = "", bool dry = false)
        => Client.CreateAudienceAsync(new() { Shop = "tea", Audience = id, Filter = filter, Title = title, ValidateOnly = dry }, cancellationToken: Cancellation);

    AsyncUnaryCall<Audience> Update(string id, string filter, string etag = "")
        => Client.UpdateAudienceAsync(new() { Shop = "tea", Audience = id, Filter = filter, Etag = etag }, cancellationToken: Cancellation);

    async Task<Audience> DerivedAsync(string id, long members)
    {
        var audience = new Audience();
        await Eventually.IsTrueAsync(async () => (audience = await Client.GetAudienceAsync(new() { Shop = "tea", Audience = id }, cancellationToken: Cancellation)) is { Deriving: false } && audience.MemberCount == members, $"{id} has {members} members");
        return audience;
    }

    async Task<List<Transition>> TransitionsAsync()
    {
        using var call = _house.Client.ReadTransitions(new() { Shop = "tea" }, cancellationToken: Cancellation);
        var all = new List<Transition>();
        await foreach (var page in call.ResponseStream.ReadAllAsync(Cancellation)) all.AddRange(page.Transitions);
        return [.. all.Where(t => t.Audience.Length > 0)];
    }

    [Theory]
    [InlineData("", 3, "user:ann user:bob user:cat")]
    [InlineData("order_count >= 2 AND spend > 100", 1, "user:ann")]
    [InlineData("stage = (prospect OR promising)", 2, "user:ann user:cat")]
    [InlineData("NOT days_since_last_order <= 30", 2, "user:bob user:cat")]
    [InlineData("orders_within_30_days = 2", 1, "user:ann")]
    [InlineData("warm AND -repeat", 1, "user:cat")]
    [InlineData("churn_probability:*", 0, "")]
    public async Task Counts_whom_a_filter_finds(string filter, int count, string examples)
    {
        var found = await CountAsync(filter);
        Assert.Equal((count, examples), ((int)found.CustomerCount, string.Join(' ', found.Examples)));
        Assert.Equal(examples, string.Join(' ', (await MembersAsync(new() { Shop = "tea", Filter = filter })).Select(m => m.Customer)));
        Assert.Equal(Utc(SegmentationHouse.Now).ToTimestamp().Seconds, found.AsOf.Seconds, 60.0);
        Assert.Equal(2, found.Progress.Partitions.Count);
    }

    [Fact]
    public async Task Counts_as_of_an_instant_and_with_visitors()
    {
        Assert.Equal(["user:ann", "user:bob"], (await CountAsync("order_count = 1", "2024-06-10")).Examples);
        Assert.Equal(["user:bob"], (await CountAsync("", "2024-05-01")).Examples);
        Assert.Equal(0, (await CountAsync("", "2023-01-01", anonymous: true)).CustomerCount);
        Assert.Equal(["anon:v", "user:bob"], (await CountAsync("order_count = 1", anonymous: true)).Examples);
        Assert.Equal((await CountAsync("order_count = 1")).CanonicalFilter, (await CountAsync(" (order_count=1)")).CanonicalFilter);
    }

    [Fact]
    public async Task Streams_members_with_fields_in_pages_and_goes_on_after_one()
    {
        var members = await MembersAsync(new() { Shop = "tea", IncludeAnonymous = true, PageSize = 1, Fields = { "stage", "spend", "last_order_time", "repeat" } });
        Assert.Equal(["anon:v", "user:ann", "user:bob", "user:cat"], members.Select(m => m.Customer));
        Assert.Equal(
            [new FieldValue { Text = "promising" }, new FieldValue { Number = 150.25 }, new FieldValue { Time = Utc("2024-06-20T10:00:00Z").ToTimestamp() }, new FieldValue { Flag = true }],
            members[1].Values);
        Assert.Equal([new FieldValue { Text = "prospect" }, new FieldValue { Number = 0 }, new FieldValue(), new FieldValue { Flag = false }], members[3].Values);
        Assert.Equal(["user:bob", "user:cat"], (await MembersAsync(new() { Shop = "tea", AfterCustomer = "user:ann" })).Select(m => m.Customer));
    }

    [Theory]
    [InlineData("order_count >", "14", "expected a value")]
    [InlineData("stage = warm", "9", "write")]
    [InlineData("order_count = 1 colour = red", "17", "colour")]
    [InlineData("spend > 1 AND traits.email = 'a@shop.example'", "15", "what says who a customer is is not kept by this house; send what you need to know of it as a trait of another name")]
    [InlineData("traits.First_Name:*", "1", "is not kept by this house")]
    [InlineData("traits.address.city = Utrecht", "1", "is not kept by this house")]
    [InlineData("traits.abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdefghijk = 1", "1", "1 to 64 characters")]
    public async Task A_bad_filter_is_refused_with_position_and_remedy(string filter, string position, string remedy)
    {
        var refusals = new List<ErrorReason>
        {
            await RefusalAsync(Client.CountAudienceAsync(new() { Shop = "tea", Filter = filter }, cancellationToken: Cancellation), StatusCode.InvalidArgument),
            await RefusalAsync(Create("bad", filter), StatusCode.InvalidArgument),
        };
        Assert.All(refusals, r => Assert.Equal(("FILTER_INVALID", position), (r.Reason, r.Metadata["position"])));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Create("bad", filter));
        Assert.Contains(remedy, error.Status.Detail, StringComparison.Ordinal);
    }

    static Event Identified(params (string Name, Value Value)[] traits)
    {
        var said = new Struct();
        foreach (var (name, value) in traits) said.Fields[name] = value;
        return new Event { TraitsChanged = new TraitsChanged { Traits = said } };
    }

    [Fact]
    public async Task What_the_shop_says_of_customers_is_counted_streamed_and_kept()
    {
        _house.Record("tea", "user:ann", "2024-06-02T10:00:00Z", Identified(("plan", Value.ForString("gold")), ("seats", Value.ForNumber(3.5)), ("newsletter", Value.ForBool(true)), ("email", Value.ForString("ann@shop.example"))));
        _house.Record("tea", "user:bob", "2024-06-02T10:00:00Z", Identified(("plan", Value.ForString("silver")), ("seats", Value.ForString("many"))));
        await _house.CatchUpAsync();
        Assert.Equal(["user:ann"], (await CountAsync("traits.plan = 'go*' AND traits.seats > 3 AND traits.newsletter = true AND repeat")).Examples);
        Assert.Equal(["user:bob", "user:cat"], (await CountAsync("NOT traits.plan = gold")).Examples);
        Assert.Equal(0, (await CountAsync("traits.plan:*", "2024-06-02T09:59:59.999Z")).CustomerCount);
        var members = await MembersAsync(new() { Shop = "tea", Filter = "traits.plan:*", Fields = { "traits.plan", "traits.seats", "traits.newsletter" } });
        Assert.Equal([new FieldValue { Text = "gold" }, new FieldValue { Number = 3.5 }, new FieldValue { Flag = true }], members[0].Values);
        Assert.Equal([new FieldValue { Text = "silver" }, new FieldValue { Text = "many" }, new FieldValue()], members[1].Values);

        await Create("golden", "traits.plan = gold");
        await DerivedAsync("golden", 1);
        var message = _house.Record("tea", "user:bob", "2024-06-30T09:00:00Z", Identified(("plan", Value.ForString("gold"))));
        _house.Record("tea", "user:ann", "2024-06-30T09:30:00Z", Identified(("plan", Value.ForNull())));
        await _house.CatchUpAsync();
        var told = await TransitionsAsync();
        Assert.Equal([("user:ann", false), ("user:bob", true)], told.Select(t => (t.Customer, t.Entered)).Order());
        Assert.Equal((StageCause.Types.Kind.Event, message, Utc("2024-06-30T09:00:00Z").ToTimestamp()), told.Single(t => t.Entered) is var entered ? (entered.Cause.Kind, entered.Cause.MessageId, entered.EffectiveTime) : default);

        // By a merge what was said of one is said of the other, and nothing of whom it was said before.
        _house.Record("tea", "user:bob", "2024-06-30T10:00:00Z", Said.Reset(CustomerReset.Types.Reason.Merged));
        _house.Record("tea", "user:cat", "2024-06-30T09:00:00Z", Identified(("plan", Value.ForString("gold"))));
        await _house.CatchUpAsync();
        Assert.Equal(["user:cat"], (await CountAsync("", audience: "golden")).Examples);
        Assert.Equal([("user:bob", false), ("user:cat", true)], (await TransitionsAsync()).Skip(2).Select(t => (t.Customer, t.Entered)).Order());

        _house.Record("tea", "user:cat", "2024-06-30T11:00:00Z", Said.Reset(CustomerReset.Types.Reason.Erased));
        await _house.CatchUpAsync();
        await DerivedAsync("golden", 0);
        Assert.Equal(0, (await CountAsync("traits.plan:*", anonymous: true)).CustomerCount);
    }

    [Fact]
    public async Task Before_a_fit_nothing_is_predicted_of_anybody()
    {
        Assert.Equal(0, (await CountAsync("predicted_clv > 10")).CustomerCount);
        await Create("worth", "predicted_clv > 10");
        await Create("unknown", "NOT predicted_clv:*");
        await DerivedAsync("worth", 0);
        await DerivedAsync("unknown", 4);
    }

    [Fact]
    public async Task Requests_are_checked()
    {
        Assert.Equal(["audience", "shop", "title"], await ViolationsAsync(Client.CreateAudienceAsync(new() { Shop = "-", Audience = "A", Title = new string('x', 201) }, cancellationToken: Cancellation)));
        Assert.Equal(["as_of", "example_count", "filter"], await ViolationsAsync(Client.CountAudienceAsync(new() { Shop = "tea", Audience = "a", Filter = "x", ExampleCount = -1, AsOf = new() { Nanos = -1 } }, cancellationToken: Cancellation)));
        var error = await Assert.ThrowsAsync<RpcException>(() => MembersAsync(new() { Shop = "tea", Fields = { "spend", "colour", "spend = 1 OR stage" } }));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Client.CountAudienceAsync(new() { Shop = "nowhere" }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
        Assert.Equal("AUDIENCE_NOT_FOUND", (await RefusalAsync(Client.CountAudienceAsync(new() { Shop = "tea", Audience = "none" }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
    }

    [Fact]
    public async Task An_audience_is_saved_kept_changed_and_deleted_and_the_feed_tells_who_moved()
    {
        Assert.Equal(1, (await Create("buyers", "repeat", "Buyers", dry: true)).Revision);
        Assert.Equal("AUDIENCE_NOT_FOUND", (await RefusalAsync(Client.GetAudienceAsync(new() { Shop = "tea", Audience = "buyers" }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
        var made = await Create("buyers", "repeat", "Buyers");
        Assert.Equal(made.Etag, (await Create("buyers", "repeat", "Buyers")).Etag);
        Assert.Equal("AUDIENCE_EXISTS", (await RefusalAsync(Create("buyers", "vip"), StatusCode.AlreadyExists)).Reason);
        await DerivedAsync("buyers", 1);
        Assert.Empty(await TransitionsAsync());

        var message = _house.Record("tea", "user:bob", "2024-06-30T09:00:00Z", Said.Ordered("b-2", 5));
        await _house.CatchUpAsync();
        var entered = Assert.Single(await TransitionsAsync());
        Assert.Equal(("user:bob", "buyers", true, "", "", StageCause.Types.Kind.Event, message), (entered.Customer, entered.Audience, entered.Entered, entered.Model, entered.ToStage, entered.Cause.Kind, entered.Cause.MessageId));
        Assert.Equal(Utc("2024-06-30T09:00:00Z").ToTimestamp(), entered.EffectiveTime);
        Assert.Equal(2, (await DerivedAsync("buyers", 2)).MemberCount);

        Assert.Equal("ETAG_MISMATCH", (await RefusalAsync(Update("buyers", "one_time", "old"), StatusCode.Aborted)).Reason);
        var changed = await Update("buyers", "one_time", made.Etag);
        Assert.Equal((2, true), (changed.Revision, changed.Etag != made.Etag));
        await DerivedAsync("buyers", 1);
        Assert.Equal([("anon:v", true), ("user:ann", false), ("user:bob", false)], (await TransitionsAsync()).Skip(1).Where(t => t.Cause.Kind == StageCause.Types.Kind.Model).Select(t => (t.Customer, t.Entered)).Order());
        Assert.Equal(["anon:v"], (await CountAsync("", audience: "buyers", anonymous: true)).Examples);

        await _house.RestartAsync();
        _house.Record("tea", "anon:v", "2024-06-30T11:00:00Z", Said.Ordered("v-2", 5));
        await _house.CatchUpAsync();
        Assert.Equal(("anon:v", false), (await TransitionsAsync())[^1] is var left ? (left.Customer, left.Entered) : default);
        await DerivedAsync("buyers", 0);

        Assert.Equal("ETAG_MISMATCH", (await RefusalAsync(Client.DeleteAudienceAsync(new() { Shop = "tea", Audience = "buyers", Etag = made.Etag }, cancellationToken: Cancellation), StatusCode.Aborted)).Reason);
        await Client.DeleteAudienceAsync(new() { Shop = "tea", Audience = "buyers", Etag = changed.Etag }, cancellationToken: Cancellation);
        await Client.DeleteAudienceAsync(new() { Shop = "tea", Audience = "buyers" }, cancellationToken: Cancellation);
        Assert.Equal("AUDIENCE_NOT_FOUND", (await RefusalAsync(Client.GetAudienceAsync(new() { Shop = "tea", Audience = "buyers" }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
    }

    [Fact]
    public async Task Who_is_erased_is_in_no_audience_and_in_no_feed()
    {
        await Create("all", "");
        await DerivedAsync("all", 4);
        _house.Record("tea", "user:dan", "2024-06-30T09:00:00Z", Said.Ordered("d-1", 5));
        await _house.CatchUpAsync();
        Assert.Equal("user:dan", Assert.Single(await TransitionsAsync()).Customer);
        _house.Record("tea", "user:dan", "2024-06-30T09:30:00Z", new Event { CustomerReset = new CustomerReset { Reason = CustomerReset.Types.Reason.Erased } });
        await _house.CatchUpAsync();
        await DerivedAsync("all", 4);
        Assert.Empty(await TransitionsAsync());
        Assert.DoesNotContain("user:dan", (await MembersAsync(new() { Shop = "tea" })).Select(m => m.Customer));
    }

    [Fact]
    public async Task Audiences_are_listed_in_pages()
    {
        foreach (var id in (string[])["c", "a", "b"]) await Create(id, "repeat");
        var first = await Client.ListAudiencesAsync(new() { Shop = "tea", PageSize = 2 }, cancellationToken: Cancellation);
        var second = await Client.ListAudiencesAsync(new() { Shop = "tea", PageSize = 2, PageToken = first.NextPageToken }, cancellationToken: Cancellation);
        Assert.Equal(["a", "b", "c"], first.Audiences.Concat(second.Audiences).Select(a => a.Audience_));
        Assert.Equal("", second.NextPageToken);
    }

    static ModelDocument Split(string few, string many) => new()
    {
        Stages =
        {
            new ModelStage { Stage = few, Rules = { new ModelRule { Conditions = { new FeatureCondition { Feature = Feature.OrderCount, AtMost = 1 } } } } },
            new ModelStage { Stage = many, Rules = { new ModelRule { Conditions = { new FeatureCondition { Feature = Feature.OrderCount, AtLeast = 2 } } } } },
        },
    };

    [Fact]
    public async Task A_model_that_an_audience_asks_for_stays()
    {
        await _house.Client.CreateModelAsync(new() { Shop = "tea", Model = "split", Document = Split("few", "many") }, cancellationToken: Cancellation);
        await _house.Client.ActivateModelAsync(new() { Shop = "tea", Model = "split" }, cancellationToken: Cancellation);
        await Eventually.IsTrueAsync(async () => (await _house.Client.GetModelAsync(new() { Shop = "tea", Model = "split" }, cancellationToken: Cancellation)).Active is not null, "the model is active");
        await Create("staged", "stages.split = many");
        await DerivedAsync("staged", 1);
        var refusal = await RefusalAsync(_house.Client.DeactivateModelAsync(new() { Shop = "tea", Model = "split" }, cancellationToken: Cancellation), StatusCode.FailedPrecondition);
        Assert.Equal(("AUDIENCE_USES_MODEL", "staged"), (refusal.Reason, refusal.Metadata["audience"]));
        await _house.Client.UpdateModelAsync(new() { Shop = "tea", Model = "split", Document = Split("few", "more") }, cancellationToken: Cancellation);
        Assert.Equal("AUDIENCE_USES_MODEL", (await RefusalAsync(_house.Client.ActivateModelAsync(new() { Shop = "tea", Model = "split" }, cancellationToken: Cancellation), StatusCode.FailedPrecondition)).Reason);
        await Client.DeleteAudienceAsync(new() { Shop = "tea", Audience = "staged" }, cancellationToken: Cancellation);
        Assert.Null((await _house.Client.DeactivateModelAsync(new() { Shop = "tea", Model = "split" }, cancellationToken: Cancellation)).Active);
    }
}
