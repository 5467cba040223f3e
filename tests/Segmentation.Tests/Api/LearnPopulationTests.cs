using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Tests.Api;

public sealed class LearnPopulationTests(ValueHouseFixture fixture) : IClassFixture<ValueHouseFixture>
{
    readonly SegmentationService.SegmentationServiceClient _client = new(fixture.House.Invoker);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    AsyncUnaryCall<Population> Learn(string shop) => _client.LearnPopulationAsync(new() { Shop = shop }, cancellationToken: Cancellation);

    [Fact]
    public async Task A_fit_learns_what_customers_are_measured_against()
    {
        var learned = await _client.GetPopulationAsync(new() { Shop = "tea" }, cancellationToken: Cancellation);
        Assert.Equal(fixture.Fitted.AsOf, learned.LearnTime);
        Assert.Equal(fixture.Fitted.LapseThreshold.Days, learned.LapseDays);
        Assert.Equal((4, 4, 4), (learned.RecencyCuts.Count, learned.FrequencyCuts.Count, learned.MonetaryCuts.Count));
        Assert.Contains("Learned from 603 buyers", learned.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_learned_when_asked_and_once_while_the_figures_stay()
    {
        var learned = await Learn("small");
        Assert.Equal(10, learned.AverageSpend.ToDecimal());
        Assert.Equal([29, 29, 29, 29], learned.RecencyCuts);
        Assert.Equal([1, 1, 1, 1], learned.FrequencyCuts);
        Assert.Equal(learned.Revision, (await Learn("small")).Revision);
    }

    [Fact]
    public async Task Takes_the_place_of_figures_set_by_hand_only_when_asked()
    {
        var byHand = await _client.SetPopulationAsync(new() { Shop = "small", Population = new() { AverageSpend = Said.Money(99, "GBP"), Note = "By hand." } }, cancellationToken: Cancellation);
        await fixture.Client.FitValueModelsAsync(new() { Shop = "small" }, cancellationToken: Cancellation);
        Assert.Equal(byHand, await _client.GetPopulationAsync(new() { Shop = "small" }, cancellationToken: Cancellation));
        var learned = await Learn("small");
        Assert.Equal(byHand.Revision + 1, learned.Revision);
        Assert.Equal(10, learned.AverageSpend.ToDecimal());
        Assert.NotNull(learned.LearnTime);
    }

    [Fact]
    public async Task Without_a_buyer_there_is_nothing_to_learn()
        => Assert.Equal("NOTHING_TO_LEARN", (await SegmentationHouseFixture.RefusalAsync(Learn("empty"), StatusCode.FailedPrecondition)).Reason);
}
