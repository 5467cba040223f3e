using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.CampaignRecommendation.Tests.Api;

/// <summary>Segmentation as this house sees it: what it was told to answer, and what it was asked.</summary>
sealed class FakeSegmentation : SegmentationService.SegmentationServiceBase
{
    readonly SortedDictionary<string, CustomerLifecycle> _customers = new(StringComparer.Ordinal);

    public List<ListCustomersRequest> Listed { get; } = [];
    public List<GetCustomerLifecycleRequest> Asked { get; } = [];
    public RpcException? Refusal { get; set; }

    public void Add(string customer, string stage, int orders, int? days, (string Stage, int InDays)? next = null)
    {
        var lifecycle = new CustomerLifecycle
        {
            Shop = "demo",
            Customer = customer,
            Model = "clc",
            Stage = stage,
            SinceTime = Given.Noon.AddDays(-40).ToTimestamp(),
            Why = new StageReason { OrderCount = orders },
            Value = new Google.Type.Money { CurrencyCode = "GBP", Units = 400, Nanos = 500_000_000 },
        };
        if (days is { } r) lifecycle.Why.DaysSinceLastOrder = r;
        if (next is { } n) lifecycle.WhatNext = new NextStage { Stage = n.Stage, ChangeTime = new DateTimeOffset(Given.Noon.Date.AddDays(n.InDays), TimeSpan.Zero).ToTimestamp() };
        _customers[customer] = lifecycle;
    }

    public override Task<CustomerLifecycle> GetCustomerLifecycle(GetCustomerLifecycleRequest request, ServerCallContext context)
    {
        Asked.Add(request);
        if (Refusal is { } refusal) throw refusal;
        return Task.FromResult(_customers.GetValueOrDefault(request.Customer)
            ?? throw Errors.Of(SegmentationErrorReason.CustomerNotFound, $"No event of '{request.Customer}'.", ("customer", request.Customer)));
    }

    public override Task<ListCustomersResponse> ListCustomers(ListCustomersRequest request, ServerCallContext context)
    {
        lock (Listed) Listed.Add(request);
        if (Refusal is { } refusal) throw refusal;
        var page = _customers.Values.Where(c => string.CompareOrdinal(c.Customer, request.PageToken) > 0 && (request.Stage.Length == 0 || c.Stage == request.Stage)).Take(request.PageSize).ToList();
        var response = new ListCustomersResponse { NextPageToken = page.Count == request.PageSize ? page[^1].Customer : "" };
        response.Customers.AddRange(page);
        return Task.FromResult(response);
    }
}

/// <summary>Engagement as this house sees it.</summary>
sealed class FakeEngagement : EngagementService.EngagementServiceBase
{
    public HashSet<string> Warm { get; } = [];
    public List<BatchGetCustomerEngagementRequest> Asked { get; } = [];
    public RpcException? Refusal { get; set; }

    public override Task<BatchGetCustomerEngagementResponse> BatchGetCustomerEngagement(BatchGetCustomerEngagementRequest request, ServerCallContext context)
    {
        lock (Asked) Asked.Add(request);
        if (Refusal is { } refusal) throw refusal;
        var response = new BatchGetCustomerEngagementResponse();
        response.Customers.AddRange(request.Customers.Select(c => new CustomerEngagement { Shop = request.Shop, Customer = c, Score = Warm.Contains(c) ? 1.5 : 0, Temperature = Warm.Contains(c) ? Temperature.Warm : Temperature.Cold }));
        return Task.FromResult(response);
    }
}
