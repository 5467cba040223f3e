using Perennial.Foundation.Grpc;

namespace Perennial.Foundation.Tests.Grpc;

public sealed class ServiceNamesTests
{
    [Fact]
    public void A_service_is_called_as_its_contract_says()
    {
        Assert.Equal("grpc.health.v1.Health", ServiceNames.Of(typeof(HealthService)));
        Assert.Equal("perennial.segmentation.v1.SegmentationService", ServiceNames.Of(typeof(Grandchild)));
    }

    [Fact]
    public void A_class_that_serves_nothing_has_no_name()
    {
        Assert.Throws<ArgumentException>(() => ServiceNames.Of(typeof(string)));
        Assert.Throws<ArgumentException>(() => ServiceNames.Of(typeof(Till)));
    }

    abstract class Child : Segmentation.V1.SegmentationService.SegmentationServiceBase;

    sealed class Grandchild : Child;
}
