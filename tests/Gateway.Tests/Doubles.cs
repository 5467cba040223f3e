using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;
using Perennial.Segmentation.V1;

namespace Perennial.Gateway.Tests;

/// <summary>A call as a house behind the gateway saw it.</summary>
sealed record SeenCall(string Method, IMessage Request, Metadata Headers);

/// <summary>What the doubles answer and what they saw. A test says what it wants; otherwise they behave like empty houses.</summary>
sealed class Script
{
    public ConcurrentQueue<SeenCall> Calls { get; } = new();

    /// <summary>Asked for every call; null falls back to the usual answer.</summary>
    public Func<IMessage, ServerCallContext, IEnumerable<IMessage>?> Answers { get; set; } = (_, _) => null;

    /// <summary>Completed when a call that waits on its cancellation saw it.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SeenCall Only(string method) => Assert.Single(Calls, c => c.Method.EndsWith("/" + method, StringComparison.Ordinal));

    public T Request<T>() where T : IMessage => Assert.Single(Calls.Select(c => c.Request).OfType<T>());

    internal Task<T> UnaryAsync<T>(IMessage request, ServerCallContext context) where T : class, IMessage, new()
    {
        Calls.Enqueue(new SeenCall(context.Method, request, context.RequestHeaders));
        return Task.FromResult((T?)Answers(request, context)?.First() ?? new T());
    }

    internal async Task StreamAsync<T>(IMessage request, IServerStreamWriter<T> stream, ServerCallContext context) where T : class, IMessage, new()
    {
        Calls.Enqueue(new SeenCall(context.Method, request, context.RequestHeaders));
        foreach (var message in Answers(request, context) ?? []) await stream.WriteAsync((T)message);
    }
}

sealed class IngestionDouble(Script script) : IngestionService.IngestionServiceBase
{
    public override Task<Shop> CreateShop(CreateShopRequest request, ServerCallContext context) => script.UnaryAsync<Shop>(request, context);
    public override Task<Shop> GetShop(GetShopRequest request, ServerCallContext context) => script.UnaryAsync<Shop>(request, context);
    public override Task<Shop> UpdateShop(UpdateShopRequest request, ServerCallContext context) => script.UnaryAsync<Shop>(request, context);
    public override Task<FeedProgress> GetFeedHead(GetFeedHeadRequest request, ServerCallContext context) => script.UnaryAsync<FeedProgress>(request, context);

    public override async Task<RecordEventsResponse> RecordEvents(RecordEventsRequest request, ServerCallContext context)
    {
        var answer = await script.UnaryAsync<RecordEventsResponse>(request, context);
        if (answer.Results.Count > 0) return answer;
        answer.RecordedCount = request.Events.Count;
        answer.Results.AddRange(request.Events.Select((e, i) => new EventResult { Outcome = EventResult.Types.Outcome.Recorded, MessageId = e.MessageId, Position = i + 1 }));
        return answer;
    }

    public override Task<ListReadersResponse> ListReaders(ListReadersRequest request, ServerCallContext context) => script.UnaryAsync<ListReadersResponse>(request, context);
    public override Task<Identity> GetIdentity(GetIdentityRequest request, ServerCallContext context) => script.UnaryAsync<Identity>(request, context);
    public override Task<IdentityChange> MergeCustomers(MergeCustomersRequest request, ServerCallContext context) => script.UnaryAsync<IdentityChange>(request, context);
    public override Task<IdentityChange> UnmergeCustomers(UnmergeCustomersRequest request, ServerCallContext context) => script.UnaryAsync<IdentityChange>(request, context);
    public override Task ExportCustomer(ExportCustomerRequest request, IServerStreamWriter<ExportCustomerResponse> responseStream, ServerCallContext context) => script.StreamAsync(request, responseStream, context);
    public override Task<Erasure> EraseCustomer(EraseCustomerRequest request, ServerCallContext context) => script.UnaryAsync<Erasure>(request, context);
    public override Task<Erasure> GetErasure(GetErasureRequest request, ServerCallContext context) => script.UnaryAsync<Erasure>(request, context);
    public override Task<ReleaseIdResponse> ReleaseId(ReleaseIdRequest request, ServerCallContext context) => script.UnaryAsync<ReleaseIdResponse>(request, context);
    public override Task<ListQuarantinedResponse> ListQuarantined(ListQuarantinedRequest request, ServerCallContext context) => script.UnaryAsync<ListQuarantinedResponse>(request, context);
    public override Task<ReplayQuarantinedResponse> ReplayQuarantined(ReplayQuarantinedRequest request, ServerCallContext context) => script.UnaryAsync<ReplayQuarantinedResponse>(request, context);
    public override Task<Import> GetImport(GetImportRequest request, ServerCallContext context) => script.UnaryAsync<Import>(request, context);

    public override async Task<QuarantineEventsResponse> QuarantineEvents(QuarantineEventsRequest request, ServerCallContext context)
    {
        var answer = await script.UnaryAsync<QuarantineEventsResponse>(request, context);
        if (answer.Quarantined.Count == 0) answer.Quarantined.AddRange(request.Events.Select((_, i) => $"{i + 1}"));
        return answer;
    }

    public override async Task ReadFeed(ReadFeedRequest request, IServerStreamWriter<ReadFeedResponse> responseStream, ServerCallContext context)
    {
        await script.StreamAsync(request, responseStream, context);
        if (!request.Follow) return;
        try
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        finally
        {
            script.Cancelled.TrySetResult();
        }
    }
}

sealed class SegmentationDouble(Script script) : SegmentationService.SegmentationServiceBase
{
    public override Task<CustomerLifecycle> GetCustomerLifecycle(GetCustomerLifecycleRequest request, ServerCallContext context) => script.UnaryAsync<CustomerLifecycle>(request, context);
    public override Task<ListCustomersResponse> ListCustomers(ListCustomersRequest request, ServerCallContext context) => script.UnaryAsync<ListCustomersResponse>(request, context);
    public override Task<StageCounts> GetStageCounts(GetStageCountsRequest request, ServerCallContext context) => script.UnaryAsync<StageCounts>(request, context);
    public override Task<StageFlows> GetStageFlows(GetStageFlowsRequest request, ServerCallContext context) => script.UnaryAsync<StageFlows>(request, context);
    public override Task<CustomerTimeline> GetCustomerTimeline(GetCustomerTimelineRequest request, ServerCallContext context) => script.UnaryAsync<CustomerTimeline>(request, context);
    public override Task ReadTransitions(ReadTransitionsRequest request, IServerStreamWriter<ReadTransitionsResponse> responseStream, ServerCallContext context) => script.StreamAsync(request, responseStream, context);
    public override Task<FeedProgress> GetFeedProgress(Segmentation.V1.GetFeedProgressRequest request, ServerCallContext context) => script.UnaryAsync<FeedProgress>(request, context);
    public override Task<Model> CreateModel(CreateModelRequest request, ServerCallContext context) => script.UnaryAsync<Model>(request, context);
    public override Task<Model> UpdateModel(UpdateModelRequest request, ServerCallContext context) => script.UnaryAsync<Model>(request, context);
    public override Task<Model> ActivateModel(ActivateModelRequest request, ServerCallContext context) => script.UnaryAsync<Model>(request, context);
    public override Task<Model> DeactivateModel(DeactivateModelRequest request, ServerCallContext context) => script.UnaryAsync<Model>(request, context);
    public override Task<Model> RollbackModel(RollbackModelRequest request, ServerCallContext context) => script.UnaryAsync<Model>(request, context);
    public override Task<Model> GetModel(GetModelRequest request, ServerCallContext context) => script.UnaryAsync<Model>(request, context);
    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context) => script.UnaryAsync<ListModelsResponse>(request, context);
    public override Task<Population> SetPopulation(SetPopulationRequest request, ServerCallContext context) => script.UnaryAsync<Population>(request, context);
    public override Task<Population> GetPopulation(GetPopulationRequest request, ServerCallContext context) => script.UnaryAsync<Population>(request, context);
    public override Task<ModelPreview> PreviewModel(PreviewModelRequest request, ServerCallContext context) => script.UnaryAsync<ModelPreview>(request, context);
    public override Task<ModelPreview> GetModelPreview(GetModelPreviewRequest request, ServerCallContext context) => script.UnaryAsync<ModelPreview>(request, context);
    public override Task<ListModelPreviewsResponse> ListModelPreviews(ListModelPreviewsRequest request, ServerCallContext context) => script.UnaryAsync<ListModelPreviewsResponse>(request, context);
    public override Task<ModelPreview> CancelModelPreview(CancelModelPreviewRequest request, ServerCallContext context) => script.UnaryAsync<ModelPreview>(request, context);
    public override Task<ListPreviewMoversResponse> ListPreviewMovers(ListPreviewMoversRequest request, ServerCallContext context) => script.UnaryAsync<ListPreviewMoversResponse>(request, context);
    public override Task<Population> LearnPopulation(LearnPopulationRequest request, ServerCallContext context) => script.UnaryAsync<Population>(request, context);
}

sealed class ValueDouble(Script script) : ValueService.ValueServiceBase
{
    public override Task<OrderGapAnalysis> GetOrderGapAnalysis(GetOrderGapAnalysisRequest request, ServerCallContext context) => script.UnaryAsync<OrderGapAnalysis>(request, context);
    public override Task<ValueModel> FitValueModels(FitValueModelsRequest request, ServerCallContext context) => script.UnaryAsync<ValueModel>(request, context);
    public override Task<ValueModel> GetValueModel(GetValueModelRequest request, ServerCallContext context) => script.UnaryAsync<ValueModel>(request, context);
    public override Task<ListValueModelsResponse> ListValueModels(ListValueModelsRequest request, ServerCallContext context) => script.UnaryAsync<ListValueModelsResponse>(request, context);
    public override Task<CustomerValue> GetCustomerValue(GetCustomerValueRequest request, ServerCallContext context) => script.UnaryAsync<CustomerValue>(request, context);
    public override Task<ListRfmResponse> ListRfm(ListRfmRequest request, ServerCallContext context) => script.UnaryAsync<ListRfmResponse>(request, context);
    public override Task<RfmGrid> GetRfmGrid(GetRfmGridRequest request, ServerCallContext context) => script.UnaryAsync<RfmGrid>(request, context);
}

sealed class AudienceDouble(Script script) : AudienceService.AudienceServiceBase
{
    public override Task<Audience> CreateAudience(CreateAudienceRequest request, ServerCallContext context) => script.UnaryAsync<Audience>(request, context);
    public override Task<Audience> UpdateAudience(UpdateAudienceRequest request, ServerCallContext context) => script.UnaryAsync<Audience>(request, context);
    public override Task<Google.Protobuf.WellKnownTypes.Empty> DeleteAudience(DeleteAudienceRequest request, ServerCallContext context) => script.UnaryAsync<Google.Protobuf.WellKnownTypes.Empty>(request, context);
    public override Task<Audience> GetAudience(GetAudienceRequest request, ServerCallContext context) => script.UnaryAsync<Audience>(request, context);
    public override Task<ListAudiencesResponse> ListAudiences(ListAudiencesRequest request, ServerCallContext context) => script.UnaryAsync<ListAudiencesResponse>(request, context);
    public override Task<AudienceCount> CountAudience(CountAudienceRequest request, ServerCallContext context) => script.UnaryAsync<AudienceCount>(request, context);
    public override Task StreamAudienceMembers(StreamAudienceMembersRequest request, IServerStreamWriter<StreamAudienceMembersResponse> responseStream, ServerCallContext context) => script.StreamAsync(request, responseStream, context);
    public override Task<CustomerOverlays> GetCustomerOverlays(GetCustomerOverlaysRequest request, ServerCallContext context) => script.UnaryAsync<CustomerOverlays>(request, context);
    public override Task<OverlaySettings> SetOverlaySettings(SetOverlaySettingsRequest request, ServerCallContext context) => script.UnaryAsync<OverlaySettings>(request, context);
    public override Task<OverlaySettings> GetOverlaySettings(GetOverlaySettingsRequest request, ServerCallContext context) => script.UnaryAsync<OverlaySettings>(request, context);
}

sealed class MetricsDouble(Script script) : MetricsService.MetricsServiceBase
{
    public override Task<MetricSeries> GetMetrics(GetMetricsRequest request, ServerCallContext context) => script.UnaryAsync<MetricSeries>(request, context);
    public override Task<CohortTable> GetCohorts(GetCohortsRequest request, ServerCallContext context) => script.UnaryAsync<CohortTable>(request, context);
}

sealed class EngagementDouble(Script script) : EngagementService.EngagementServiceBase
{
    public override Task<CustomerEngagement> GetCustomerEngagement(GetCustomerEngagementRequest request, ServerCallContext context) => script.UnaryAsync<CustomerEngagement>(request, context);
    public override Task<BatchGetCustomerEngagementResponse> BatchGetCustomerEngagement(BatchGetCustomerEngagementRequest request, ServerCallContext context) => script.UnaryAsync<BatchGetCustomerEngagementResponse>(request, context);
    public override Task<CustomerConsents> GetCustomerConsents(GetCustomerConsentsRequest request, ServerCallContext context) => script.UnaryAsync<CustomerConsents>(request, context);
    public override Task<FeedProgress> GetFeedProgress(Engagement.V1.GetFeedProgressRequest request, ServerCallContext context) => script.UnaryAsync<FeedProgress>(request, context);
}

sealed class CampaignsDouble(Script script) : CampaignService.CampaignServiceBase
{
    public override Task<NextAction> RecommendNextAction(RecommendNextActionRequest request, ServerCallContext context) => script.UnaryAsync<NextAction>(request, context);
    public override Task StreamNextActions(StreamNextActionsRequest request, IServerStreamWriter<NextAction> responseStream, ServerCallContext context) => script.StreamAsync(request, responseStream, context);
    public override Task<Playbook> GetPlaybook(GetPlaybookRequest request, ServerCallContext context) => script.UnaryAsync<Playbook>(request, context);
    public override Task<FeedProgress> GetFeedProgress(Campaigns.V1.GetFeedProgressRequest request, ServerCallContext context) => script.UnaryAsync<FeedProgress>(request, context);
}

/// <summary>All four houses in one process of their own, with the interceptors of the true ones: tokens and tenants are really checked.</summary>
static class Doubles
{
    internal const string ServiceToken = "0123456789abcdef0123456789abcdef";

    internal static async Task<WebApplication> StartAsync(Script script, string folder, string token = ServiceToken, int port = 0)
    {
        var house = new House("doubles", 0, typeof(Doubles).Assembly);
        var builder = house.CreateBuilder([$"--Listen:Port={port}", $"--Store:Data={folder}", $"--Access:ServiceToken={token}", "--Hosting:Embedded=true"]);
        builder.Services.AddHouseGrpc();
        builder.Services.AddSingleton(script);
        var app = builder.Build();
        app.MapGrpcService<IngestionDouble>();
        app.MapGrpcService<SegmentationDouble>();
        app.MapGrpcService<ValueDouble>();
        app.MapGrpcService<AudienceDouble>();
        app.MapGrpcService<MetricsDouble>();
        app.MapGrpcService<EngagementDouble>();
        app.MapGrpcService<CampaignsDouble>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
