using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Population = Perennial.Segmentation.Domain.Population;
using PreviewedModel = Perennial.Segmentation.Storage.PreviewedModel;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<ModelPreview> PreviewModel(PreviewModelRequest request, ServerCallContext context)
    {
        var now = Now();
        Check(request, now);
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        if (request.Population is not null) new Violations().Population(request.Population, shop.Currency).Throw();
        // Before all else that may have changed since: a call that is repeated answers what it answered.
        var (id, fingerprint) = (PreviewId(request), Fingerprint(request));
        var (refusal, preview) = await store.FindPreviewAsync(shop.Id, id, fingerprint, context.CancellationToken);
        if (refusal == PreviewRefusal.None && preview is null)
        {
            var order = new PreviewOrder(
                PreviewedModel.Of(await ComparedAsync(shop, request, context.CancellationToken)),
                await TriedAsync(shop, request, context.CancellationToken),
                request.AsOfFrom.ToInstant(now),
                request.AsOfTo.ToInstant(now),
                request.IncludeAnonymous,
                [.. feed.Progress.Partitions.Select(p => p.HeadPosition)]);
            (refusal, preview) = await store.AddPreviewAsync(shop, id, fingerprint, order, previewOptions.Value.RunningMax, now, context.CancellationToken);
            previewBell.Ring();
        }
        return refusal switch
        {
            PreviewRefusal.None => await AnswerAsync(shop, preview!, context.CancellationToken),
            PreviewRefusal.Exists => throw Errors.Of(SegmentationErrorReason.PreviewExists, $"Preview '{id}' was made for another request; use a new request_id.", ("shop", shop.Id), ("preview", id)),
            _ => throw Errors.Of(SegmentationErrorReason.PreviewsRunning, $"{previewOptions.Value.RunningMax} previews of shop '{shop.Id}' are running; wait for one, or cancel one.", ("shop", shop.Id), ("running_max", $"{previewOptions.Value.RunningMax}")),
        };
    }

    static void Check(PreviewModelRequest request, DateTimeOffset now)
    {
        var violations = new Violations().Shop(request.Shop).Model(request.Model).Revision(request.Revision).Revision(request.PopulationRevision, "population_revision").Name(request.CompareWith, "compare_with");
        if (request.Document is not null) violations.Document(request.Document).Require(request.Revision == 0, "revision", "is for previews without a document only");
        violations.Require(request.Population is null || request.PopulationRevision == 0, "population_revision", "is for previews without figures of their own only")
            .Require(request.AsOfFrom is not null, "as_of_from", "is required")
            .Instant(request.AsOfFrom, "as_of_from")
            .Instant(request.AsOfTo, "as_of_to")
            .InOrder(request.AsOfFrom, request.AsOfTo, now, "as_of_to", "as_of_from")
            .Require(request.RequestId.Length == 0 || Guid.TryParse(request.RequestId, out _), "request_id", "must be a UUID, or empty")
            .Throw();
    }

    /// <summary>That of the request, or one of its own.</summary>
    string PreviewId(PreviewModelRequest request) => (Guid.TryParse(request.RequestId, out var id) ? id : Guid.CreateVersion7(clock.GetUtcNow())).ToString();

    static string Fingerprint(PreviewModelRequest request) => Convert.ToHexString(SHA256.HashData(request.ToByteArray()));

    /// <summary>What is active.</summary>
    /// <exception cref="RpcException">MODEL_NOT_FOUND, MODEL_NOT_ACTIVE.</exception>
    async Task<BoundModel> ComparedAsync(Shop shop, PreviewModelRequest request, CancellationToken cancellation)
    {
        var model = request.CompareWith.Length == 0 ? request.Model : request.CompareWith;
        if (await store.FindActiveAsync(shop.Id, model, cancellation) is { } active) return active.Model;
        if (await store.FindModelAsync(shop.Id, model, 0, cancellation) is null) throw NotFound(shop, model);
        throw Errors.Of(SegmentationErrorReason.ModelNotActive, $"Model '{model}' is not active in shop '{shop.Id}', so there is nothing to compare with; name an active model in compare_with.", ("shop", shop.Id), ("model", model));
    }

    /// <summary>What is tried.</summary>
    /// <exception cref="RpcException">MODEL_GAP and its like, MODEL_NOT_FOUND, REVISION_NOT_FOUND, POPULATION_NOT_FOUND, POPULATION_MISSING.</exception>
    async Task<PreviewedModel> TriedAsync(Shop shop, PreviewModelRequest request, CancellationToken cancellation)
    {
        var (revision, model) = await DocumentAsync(shop, request, cancellation);
        if (!model.Needs.Any()) return new PreviewedModel(request.Model, revision, model, 0, null);
        var (populationRevision, population) = await FiguresAsync(shop, request, cancellation);
        if (!model.Needs.All(n => population?.Has(n) == true)) throw PopulationMissing(shop, request.Model, string.Join(',', model.Needs.Select(Field)));
        return new PreviewedModel(request.Model, revision, model, populationRevision, population);
    }

    async Task<(int Revision, LifecycleModel Model)> DocumentAsync(Shop shop, PreviewModelRequest request, CancellationToken cancellation)
    {
        if (request.Document is null)
        {
            var found = await ModelAsync(shop, request.Model, request.Revision, cancellation);
            return (found.Revision, found.Model);
        }
        var model = ModelMapping.ToDomain(request.Document);
        ModelRules.CheckPartition(model);
        return (0, model);
    }

    /// <summary>What the request brings along, or a revision; nothing where it names none and there is none.</summary>
    async Task<(int Revision, Population? Population)> FiguresAsync(Shop shop, PreviewModelRequest request, CancellationToken cancellation)
    {
        if (request.Population is not null) return (0, ModelMapping.ToDomain(request.Population));
        var found = request.PopulationRevision == 0 ? await store.FindPopulationAsync(shop.Id, 0, cancellation) : await PopulationAsync(shop, request.PopulationRevision, cancellation);
        return (found?.Revision ?? 0, found?.Population);
    }
}
