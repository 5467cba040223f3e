using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>Audiences by what is predicted, through the door of a running house with a shop of its own.</summary>
public sealed class PredictedAudienceTests : IAsyncLifetime
{
    const string Filter = "churn_probability >= 0.5";

    readonly ValueHouseFixture _shop = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    AudienceService.AudienceServiceClient Client => new(_shop.House.Invoker);

    public ValueTask InitializeAsync() => _shop.InitializeAsync();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    async Task<CustomerValue> ValueAsync(string customer, DateTimeOffset? asOf = null)
        => await _shop.Client.GetCustomerValueAsync(new() { Shop = "tea", Customer = customer, AsOf = asOf?.ToTimestamp() }, cancellationToken: Cancellation);

    async Task<List<AudienceMember>> MembersAsync(StreamAudienceMembersRequest request)
    {
        using var call = Client.StreamAudienceMembers(request, cancellationToken: Cancellation);
        var members = new List<AudienceMember>();
        await foreach (var page in call.ResponseStream.ReadAllAsync(Cancellation)) members.AddRange(page.Members);
        return members;
    }

    async Task<long> DerivedAsync(string id)
    {
        var audience = new Audience();
        await Eventually.IsTrueAsync(async () => !(audience = await Client.GetAudienceAsync(new() { Shop = "tea", Audience = id }, cancellationToken: Cancellation)).Deriving, $"{id} is derived");
        return audience.MemberCount;
    }

    async Task<List<Transition>> TransitionsAsync()
    {
        using var call = _shop.House.Client.ReadTransitions(new() { Shop = "tea" }, cancellationToken: Cancellation);
        var all = new List<Transition>();
        await foreach (var page in call.ResponseStream.ReadAllAsync(Cancellation)) all.AddRange(page.Transitions);
        return [.. all.Where(t => t.Audience.Length > 0)];
    }

    [Fact]
    public async Task Members_come_by_the_clock_on_the_day_on_which_their_value_crosses_and_go_with_a_fit()
    {
        await Client.CreateAudienceAsync(new() { Shop = "tea", Audience = "leaving", Filter = Filter }, cancellationToken: Cancellation);
        var members = await DerivedAsync("leaving");
        Assert.Equal(members, (await Client.CountAudienceAsync(new() { Shop = "tea", Audience = "leaving", IncludeAnonymous = true }, cancellationToken: Cancellation)).CustomerCount);
        Assert.InRange(members, 50, 550);

        // The days on which GetCustomerValue says so.
        var day = Date("2024-07-01");
        while ((await ValueAsync(ValueHouseFixture.Regular, Calendar.StartOf(day, London))).ChurnProbability < 0.5) day = day.AddDays(1);
        Assert.True((await ValueAsync(ValueHouseFixture.Regular, Calendar.StartOf(day, London).AddMilliseconds(-1))).ChurnProbability < 0.5);
        Assert.Empty(await TransitionsAsync());
        await _shop.House.RestartAsync(FormattableString.Invariant($"--Clock:Now={Calendar.StartOf(day, London):O}"));
        Transition? entered = null;
        await Eventually.IsTrueAsync(async () => (entered = (await TransitionsAsync()).Find(t => t.Customer == ValueHouseFixture.Regular)) is not null, "the clock brings the regular customer in");
        Assert.Equal(("leaving", true, StageCause.Types.Kind.Clock, Calendar.StartOf(day, London).ToTimestamp()), (entered!.Audience, entered.Entered, entered.Cause.Kind, entered.EffectiveTime));

        // Nobody has ordered for a month by then: the next fit withholds everything.
        var told = (await TransitionsAsync()).Count;
        await _shop.Client.FitValueModelsAsync(new() { Shop = "tea" }, cancellationToken: Cancellation);
        Assert.Equal(0, await DerivedAsync("leaving"));
        var left = (await TransitionsAsync()).Where(t => t.Cause.Kind == StageCause.Types.Kind.Model).ToList();
        Assert.True(left.Count > members && left.TrueForAll(t => !t.Entered), $"{left.Count} left, of {members} and {told} more or fewer");
    }

    [Fact]
    public async Task Counts_streams_and_values_of_one_customer_say_the_same()
    {
        var members = await MembersAsync(new() { Shop = "tea", Filter = Filter, Fields = { "churn_probability", "predicted_number_of_orders", "predicted_clv" } });
        Assert.Equal(members.Count, (await Client.CountAudienceAsync(new() { Shop = "tea", Filter = Filter }, cancellationToken: Cancellation)).CustomerCount);
        Assert.Contains(ValueHouseFixture.Silent, members.Select(m => m.Customer));
        Assert.DoesNotContain(ValueHouseFixture.Regular, members.Select(m => m.Customer));
        foreach (var member in members.Where((_, i) => i % 20 == 0))
        {
            var value = await ValueAsync(member.Customer);
            Assert.Equal(value.ChurnProbability, member.Values[0].Number, 1e-6);
            Assert.Equal(value.PredictedNumberOfOrders, member.Values[1].Number, 1e-6);
            Assert.Equal(value.PredictedClv.Units + value.PredictedClv.Nanos / 1e9, member.Values[2].Number, 1e-4);
        }
    }
}
