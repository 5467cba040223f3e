using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Tests.Api;

public sealed class GetFeedProgressTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    [Fact]
    public async Task Says_how_far_every_partition_is_applied()
    {
        var progress = await fixture.Client.GetFeedProgressAsync(new GetFeedProgressRequest { Shop = "tea" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([(0, fixture.House.Log.Head(0)), (1, fixture.House.Log.Head(1))], progress.Partitions.Select(p => (p.Partition, p.Position)));
        Assert.All(progress.Partitions, p => Assert.Equal(p.Position, p.HeadPosition));
        Assert.Equal(0, progress.LagEvents);
    }
}
