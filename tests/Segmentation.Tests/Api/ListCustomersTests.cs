using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

public sealed class ListCustomersTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    AsyncUnaryCall<ListCustomersResponse> List(ListCustomersRequest request)
    {
        if (request.Shop.Length == 0) request.Shop = "tea";
        return fixture.Client.ListCustomersAsync(request, cancellationToken: TestContext.Current.CancellationToken);
    }

    static Timestamp At(string instant) => Utc(instant).ToTimestamp();

    [Fact]
    public async Task Lists_identified_customers_by_id()
    {
        var page = await List(new());
        Assert.Equal(["user:gone", "user:looks", "user:loyal", "user:once"], page.Customers.Select(c => c.Customer));
        Assert.Empty(page.NextPageToken);
    }

    [Fact]
    public async Task Answers_each_customer_as_the_single_call_does()
    {
        foreach (var listed in (await List(new() { AsOf = At("2024-03-01T12:00:00Z"), IncludeAnonymous = true })).Customers)
        {
            var single = await fixture.Client.GetCustomerLifecycleAsync(new() { Shop = "tea", Customer = listed.Customer, AsOf = At("2024-03-01T12:00:00Z") }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(single, listed);
        }
    }

    [Fact]
    public async Task Lists_a_stage_as_of_an_instant()
    {
        Assert.Equal(["user:gone"], (await List(new() { Stage = "new", AsOf = At("2024-03-01T12:00:00Z") })).Customers.Select(c => c.Customer));
        Assert.Equal(["anon:v1", "user:gone"], (await List(new() { Stage = "new", AsOf = At("2024-03-01T12:00:00Z"), IncludeAnonymous = true })).Customers.Select(c => c.Customer));
        Assert.Empty((await List(new() { Stage = "red_alert" })).Customers);
    }

    [Fact]
    public async Task Pages_to_the_end_and_keeps_the_instant_of_the_first()
    {
        var request = new ListCustomersRequest { PageSize = 3, IncludeAnonymous = true };
        var pages = new List<ListCustomersResponse>();
        do
        {
            pages.Add(await List(request));
            request.PageToken = pages[^1].NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal([3, 2], pages.Select(p => p.Customers.Count));
        Assert.Equal(["anon:v1", "user:gone", "user:looks", "user:loyal", "user:once"], pages.SelectMany(p => p.Customers).Select(c => c.Customer));
        Assert.Single(pages.SelectMany(p => p.Customers).Select(c => c.AsOf).Distinct());
    }

    [Fact]
    public async Task A_page_that_ends_with_the_last_customer_has_no_next()
        => Assert.Empty((await List(new() { PageSize = 4 })).NextPageToken);

    [Fact]
    public async Task A_token_belongs_to_its_arguments()
    {
        var token = (await List(new() { PageSize = 1, AsOf = At("2024-06-01") })).NextPageToken;
        Assert.Single((await List(new() { PageSize = 1, AsOf = At("2024-06-01"), PageToken = token })).Customers);
        foreach (var other in (ListCustomersRequest[])[new() { Stage = "new", AsOf = At("2024-06-01") }, new() { AsOf = At("2024-06-02") }, new(), new() { AsOf = At("2024-06-01"), IncludeAnonymous = true }])
        {
            other.PageToken = token;
            Assert.Equal("PAGE_TOKEN_INVALID", (await RefusalAsync(List(other), StatusCode.InvalidArgument)).Reason);
        }
        Assert.Equal("PAGE_TOKEN_INVALID", (await RefusalAsync(List(new() { PageToken = "x" }), StatusCode.InvalidArgument)).Reason);
    }

    [Fact]
    public async Task Refuses_an_unknown_stage_and_names_the_known()
    {
        var refusal = await RefusalAsync(List(new() { Stage = "vip" }), StatusCode.NotFound);
        Assert.Equal(("STAGE_NOT_FOUND", "prospect,new,promising,loyal,drifting,sleeper,at_risk,red_alert"), (refusal.Reason, refusal.Metadata["stages"]));
    }

    [Fact]
    public async Task Refuses_an_unknown_shop_and_model()
    {
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(List(new() { Shop = "coffee" }), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(List(new() { Model = "vip" }), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_ACTIVE", (await RefusalAsync(List(new() { Model = "rfm" }), StatusCode.FailedPrecondition)).Reason);
    }

    [Fact]
    public async Task Names_all_that_is_wrong_at_once()
        => Assert.Equal(["as_of", "page_size", "shop", "stage"], await ViolationsAsync(List(new() { Shop = "-", Stage = new string('s', 64), PageSize = -1, AsOf = new Timestamp { Nanos = -1 } })));
}
