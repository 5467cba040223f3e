using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Perennial.Segmentation.Workers;

namespace Perennial.Segmentation.Api;

/// <summary>The door. One file per RPC; this one holds what they share.</summary>
internal sealed partial class SegmentationApi(
    SegmentationStore store,
    FeedConsumer feed,
    ValueRefresh refresh,
    Bell bell,
    [FromKeyedServices(Bell.Previews)] Bell previewBell,
    TimeProvider clock,
    IOptions<SegmentationOptions> options,
    IOptions<PreviewOptions> previewOptions) : SegmentationService.SegmentationServiceBase
{
    Task<Shop> ShopAsync(string id, CancellationToken cancellation) => store.RequireShopAsync(id, cancellation);

    /// <summary>What answers about a model rest on, or rested on at an earlier instant.</summary>
    /// <exception cref="RpcException">MODEL_NOT_FOUND, MODEL_NOT_ACTIVE.</exception>
    async Task<Derivation> UseAsync(Shop shop, string id, DateTimeOffset? knownAt, CancellationToken cancellation)
    {
        if (knownAt is not { } known) return await ActiveAsync(shop, id, cancellation);
        var model = ModelOf(id);
        if ((await store.ListUsesAsync(shop.Id, model, cancellation)).LastOrDefault(u => u.ActiveTime <= known && !(u.RetireTime <= known)) is { } use) return use;
        if (await store.FindModelAsync(shop.Id, model, 0, cancellation) is null) throw NotFound(shop, model);
        throw Errors.Of(
            SegmentationErrorReason.ModelNotActive,
            $"Model '{model}' was not active in shop '{shop.Id}' at {known.ToText()}; ask for a later known_at.",
            ("shop", shop.Id), ("model", model), ("known_at", known.ToText()));
    }

    /// <exception cref="RpcException">MODEL_NOT_FOUND, MODEL_NOT_ACTIVE.</exception>
    async Task<Derivation> ActiveAsync(Shop shop, string id, CancellationToken cancellation)
    {
        var model = ModelOf(id);
        if (await store.FindActiveAsync(shop.Id, model, cancellation) is { } active) return active;
        if (await store.FindModelAsync(shop.Id, model, 0, cancellation) is not { } known) throw NotFound(shop, model);
        throw Errors.Of(
            SegmentationErrorReason.ModelNotActive,
            known.Deriving is { } deriving ? $"Model '{model}' is being derived, {deriving.CustomerCount} customers so far; wait until it is active." : $"Model '{model}' is not active in shop '{shop.Id}'; activate it.",
            ("shop", shop.Id), ("model", model));
    }

    /// <summary>The default where the caller leaves it open.</summary>
    static string ModelOf(string id) => id.Length == 0 ? BuiltInModels.Default : id;

    /// <exception cref="RpcException">STAGE_NOT_FOUND.</exception>
    static void CheckStage(BoundModel model, string id)
    {
        if (id.Length == 0 || model.Model.Stages.Any(s => s.Id == id)) return;
        var known = string.Join(',', model.Model.Stages.Select(s => s.Id));
        throw Errors.Of(SegmentationErrorReason.StageNotFound, $"Model '{model.Id}' has no stage '{id}'; its stages are {known}.", ("model", model.Id), ("stage", id), ("stages", known));
    }

    /// <summary>Now, as it is stored.</summary>
    DateTimeOffset Now() => clock.GetUtcNow().WholeMillis();

    static Model Answer(Shop shop, string model, int revision, ModelChange change)
        => change.Refusal == Refusal.None ? ModelMapping.ToProto(shop.Id, change.Model!) : throw Fault(shop, model, revision, change);

    static RpcException Fault(Shop shop, string model, int revision, ModelChange change) => change.Refusal switch
    {
        Refusal.NotFound => NotFound(shop, model),
        Refusal.Exists => Errors.Of(SegmentationErrorReason.ModelExists, $"There is a model '{model}' with another document; choose another id, or update it.", ("model", model)),
        Refusal.BuiltIn => Errors.Of(SegmentationErrorReason.ModelBuiltIn, $"Model '{model}' is part of the product; create one of your own from its document.", ("model", model)),
        Refusal.EtagMismatch => Errors.Of(SegmentationErrorReason.EtagMismatch, $"Model '{model}' has changed since it was read; read it again.", ("model", model), ("etag", change.Model!.Etag)),
        Refusal.RevisionNotFound => Errors.Of(SegmentationErrorReason.RevisionNotFound, $"Model '{model}' has no revision {revision}; the latest is {change.Model!.LatestRevision}.", ("model", model), ("latest_revision", change.Model.LatestRevision.ToString(CultureInfo.InvariantCulture))),
        Refusal.AudienceUses => Errors.Of(SegmentationErrorReason.AudienceUsesModel, $"Audience '{change.Audience}' asks for model '{model}', or for a stage that it would lose; change the audience or delete it first.", ("model", model), ("audience", change.Audience)),
        Refusal.PopulationMissing => PopulationMissing(shop, model, string.Join(',', change.Model!.Model.Needs.Select(Field))),
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.Refusal, "No such refusal."),
    };

    static RpcException NotFound(Shop shop, string model) => Lookups.ModelNotFound(shop, model);

    static RpcException PopulationMissing(Shop shop, string model, string parts)
        => Errors.Of(SegmentationErrorReason.PopulationMissing, $"Model '{model}' needs {parts} of the population; set it with SetPopulation.", ("shop", shop.Id), ("model", model), ("parts", parts));

    static string Field(PopulationPart part) => part switch
    {
        PopulationPart.AverageSpend => "average_spend",
        PopulationPart.LapseDays => "lapse_days",
        _ => "recency_cuts, frequency_cuts and monetary_cuts",
    };
}
