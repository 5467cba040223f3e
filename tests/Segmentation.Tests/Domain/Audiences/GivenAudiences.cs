using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain.Audiences;

/// <summary>A shop in which every built-in model is active, and customers of it.</summary>
static class GivenAudiences
{
    internal static readonly AudienceFilters Filters = new(BuiltInModels.All);

    internal static readonly AudienceMeasures Measures = Of(London, Figures);

    internal static AudienceMeasures Of(TimeZoneInfo zone, Population? population)
        => new(BuiltIn.Where(m => population is not null || m.Population is null).ToDictionary(m => m.Id), population, OverlaySettings.Default.Against(population, null), zone);

    internal static readonly AudienceProfile Nobody = new(false, null, new Dictionary<string, FieldValue>());

    internal static readonly AudienceProfile Ann = new(
        true,
        new CustomerForecast(2.5, 40, 100, 0.25, null, [], null, null, []),
        new Dictionary<string, FieldValue>
        {
            ["plan"] = FieldValue.Of("gold plus"),
            ["age"] = FieldValue.Of(41m),
            ["newsletter"] = FieldValue.Of((bool?)true),
            ["address.city"] = FieldValue.Of("Utrecht"),
        });
}
