using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Domain.Value;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain.Audiences;

/// <summary>A shop in which every built-in model is active, and customers of it.</summary>
static class GivenAudiences
{
    internal static readonly AudienceFilters Filters = new(BuiltInModels.All);

    /// <summary>By it whoever ordered three times in 70 days will order 2.5 times a year and is worth 100.</summary>
    internal static readonly Predictor Predicting = Predictor.Of(GivenValue.Fitted(GivenValue.Models[0]), new ForecastTerms(0, 0.4, 1_095))!;

    internal static readonly AudienceMeasures Measures = Of(London, Figures);

    internal static AudienceMeasures Of(TimeZoneInfo zone, Population? population)
        => new(BuiltIn.Where(m => population is not null || m.Population is null).ToDictionary(m => m.Id), population, OverlaySettings.Default.Against(population, null), zone) { Predictor = population is null ? null : Predicting };

    /// <summary>What the shop says of somebody, from an instant on.</summary>
    internal static Identification SaidAt(string time) => new(Utc(time), "said", [new("age", FieldValue.Of(41m)), new("home.city", FieldValue.Of("Utrecht")), new("newsletter", FieldValue.Of((bool?)true)), new("plan", FieldValue.Of("gold plus"))]);
}
