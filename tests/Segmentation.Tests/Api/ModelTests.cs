using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>Models and populations through the door of a running house; every test has ids of its own.</summary>
public sealed class ModelTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    SegmentationService.SegmentationServiceClient Client => fixture.Client;

    static FeatureCondition Orders(double? min, double? max)
    {
        var condition = new FeatureCondition { Feature = Feature.OrderCount };
        if (min is { } least) condition.AtLeast = least;
        if (max is { } most) condition.AtMost = most;
        return condition;
    }

    static ModelStage Stage(string id, params FeatureCondition[] conditions) => new() { Stage = id, Rules = { new ModelRule { Conditions = { conditions } } } };

    static ModelDocument Split(int orders) => new() { Title = "Split", Stages = { Stage("few", Orders(null, orders - 1)), Stage("many", Orders(orders, null)) } };

    AsyncUnaryCall<Model> Create(string id, ModelDocument document, bool dry = false)
        => Client.CreateModelAsync(new() { Shop = "tea", Model = id, Document = document, ValidateOnly = dry }, cancellationToken: Cancellation);

    AsyncUnaryCall<Model> Get(string id, int revision = 0) => Client.GetModelAsync(new() { Shop = "tea", Model = id, Revision = revision }, cancellationToken: Cancellation);

    AsyncUnaryCall<Model> Activate(string id, int revision = 0, string etag = "") => Client.ActivateModelAsync(new() { Shop = "tea", Model = id, Revision = revision, Etag = etag }, cancellationToken: Cancellation);

    AsyncUnaryCall<V1.Population> Set(V1.Population? population, int expected = 0, bool dry = false)
        => Client.SetPopulationAsync(new() { Shop = "tea", Population = population, ExpectedRevision = expected, ValidateOnly = dry }, cancellationToken: Cancellation);

    async Task<Model> ActiveAsync(string id, int revision = 1)
    {
        await Eventually.IsTrueAsync(async () => (await Get(id)) is { Active: { } active, Deriving: null } && active.ModelRevision == revision, $"{id} is active at revision {revision}");
        return await Get(id);
    }

    async Task<CustomerLifecycle> LifecycleAsync(string customer, string model, string asOf = "2024-06-30T12:00:00Z")
        => await Client.GetCustomerLifecycleAsync(new() { Shop = "tea", Customer = customer, Model = model, AsOf = Utc(asOf).ToTimestamp() }, cancellationToken: Cancellation);

    static V1.Population Figures => new()
    {
        AverageSpend = Said.Money(40, "GBP"),
        LapseDays = 60,
        RecencyCuts = { 30, 60, 90, 120 },
        FrequencyCuts = { 1, 1, 2, 3 },
        MonetaryCuts = { 10, 20, 40, 80 },
        Note = "By hand.",
    };

    [Fact]
    public async Task A_model_of_ones_own_is_made_put_to_work_changed_and_taken_back()
    {
        var made = await Create("own", Split(2));
        Assert.Equal((1, 1, false, "own"), (made.Revision, made.LatestRevision, made.BuiltIn, made.Model_));
        Assert.Equal(Split(2), made.Document);
        await Activate("own", etag: made.Etag);
        await ActiveAsync("own");
        Assert.Equal(("many", 1), ((await LifecycleAsync("user:loyal", "own")).Stage, (await LifecycleAsync("user:loyal", "own")).ModelRevision));
        Assert.Equal([("few", 3), ("many", 1)], (await Client.GetStageCountsAsync(new() { Shop = "tea", Model = "own" }, cancellationToken: Cancellation)).Stages.Select(s => (s.Stage, (int)s.CustomerCount)));

        var changed = await Client.UpdateModelAsync(new() { Shop = "tea", Model = "own", Document = Split(9) }, cancellationToken: Cancellation);
        Assert.Equal(2, changed.Revision);
        await Activate("own", etag: changed.Etag);
        await ActiveAsync("own", 2);
        Assert.Equal("few", (await LifecycleAsync("user:loyal", "own")).Stage);

        Assert.Equal(3, (await Client.RollbackModelAsync(new() { Shop = "tea", Model = "own", Revision = 1 }, cancellationToken: Cancellation)).LatestRevision);
        await ActiveAsync("own", 3);
        Assert.Equal("many", (await LifecycleAsync("user:loyal", "own")).Stage);

        Assert.Null((await Client.DeactivateModelAsync(new() { Shop = "tea", Model = "own" }, cancellationToken: Cancellation)).Active);
        var error = await Assert.ThrowsAsync<RpcException>(() => LifecycleAsync("user:loyal", "own"));
        Assert.Equal("MODEL_NOT_ACTIVE", Errors.Reason(error)!.Reason);
    }

    [Fact]
    public async Task Built_in_models_run_side_by_side_with_their_reasons()
    {
        Assert.Equal("POPULATION_MISSING", (await RefusalAsync(Client.ActivateModelAsync(new() { Shop = "bare", Model = "rfm" }, cancellationToken: Cancellation), StatusCode.FailedPrecondition)).Reason);
        var population = await Set(Figures);
        foreach (var id in (string[])["five-stage", "active-lapsed", "rfm", "clc-windowed"]) await Activate(id);
        foreach (var id in (string[])["five-stage", "active-lapsed", "rfm", "clc-windowed"]) await ActiveAsync(id);

        var rfm = await LifecycleAsync("user:loyal", "rfm");
        Assert.Equal(("loyal", "loyal: recency score 3, frequency score 5, monetary score 5", population.Revision), (rfm.Stage, rfm.Why.Rule, rfm.PopulationRevision));
        Assert.Equal([("recency_score", 3, 1), ("frequency_score", 5, 4), ("monetary_score", 5, 5)], rfm.Why.Conditions.Select(c => (c.Feature, (int)c.Value, c.EventCount)));
        // The fourth cut point of recency is 90 days.
        Assert.Equal(("at_risk", "2024-07-05"), (rfm.WhatNext.Stage, rfm.WhatNext.ChangeDate));
        Assert.Equal([new StageTrigger { Event = "order", Stage = "champions" }], rfm.Triggers);

        var lapsed = await LifecycleAsync("user:loyal", "active-lapsed");
        Assert.Equal(("lapsed", "lapsed: 1 or more days beyond the lapse threshold"), (lapsed.Stage, lapsed.Why.Rule));
        Assert.Equal((26, 1), ((int)lapsed.Why.Conditions.Single().Value, (int)lapsed.Why.Conditions.Single().Min));
        Assert.Equal([fixture.Messages["l-4"]], lapsed.Why.Conditions.Single().MessageIds);
        Assert.Equal(Utc("2024-06-04T23:00:00Z").ToTimestamp(), lapsed.SinceTime);

        var five = await LifecycleAsync("user:loyal", "five-stage");
        Assert.Equal("retention", five.Stage);
        Assert.Equal(["last_review_rating", "last_nps_score"], five.Why.Conditions.Where(c => c.Absent).Select(c => c.Feature));
        Assert.Equal(["referral", "share", "review rated 5", "NPS answer of 10"], five.Triggers.Where(t => t.Stage == "advocacy").Select(t => t.Event));
        Assert.Equal([("view", "consideration"), ("order", "conversion")], (await LifecycleAsync("user:looks", "five-stage")).Triggers.Select(t => (t.Event, t.Stage)).OrderDescending());

        var windowed = await LifecycleAsync("user:loyal", "clc-windowed", "2024-04-08T12:00:00Z");
        Assert.Equal(("otherwise", "otherwise: none of the other stages"), (windowed.Stage, windowed.Why.Rule));
        Assert.Equal([("orders_within_30_days", 1), ("orders_within_60_days", 2), ("orders_within_90_days", 3)], windowed.Why.Conditions.Where(c => c.Feature.StartsWith("orders_within", StringComparison.Ordinal)).Select(c => (c.Feature, (int)c.Value)));
        Assert.Equal("clc", (await LifecycleAsync("user:loyal", "")).Model);
    }

    [Fact]
    public async Task Says_what_is_wrong_with_a_partition()
    {
        var gap = await RefusalAsync(Create("gap", new() { Stages = { Stage("none", Orders(0, 0)), Stage("many", Orders(2, null)) } }), StatusCode.InvalidArgument);
        Assert.Equal(("MODEL_GAP", "order_count=1"), (gap.Reason, gap.Metadata["example"]));
        var overlap = await RefusalAsync(Create("overlap", new() { Stages = { Stage("few", Orders(null, 2)), Stage("many", Orders(2, null)) } }), StatusCode.InvalidArgument);
        Assert.Equal(("MODEL_OVERLAP", "order_count=2", "few,many"), (overlap.Reason, overlap.Metadata["example"], overlap.Metadata["stages"]));
        Assert.Equal(["document.stages[1].rules[1]"], await ViolationsAsync(Create("idle", new() { Stages = { Stage("none", Orders(0, 0)), new ModelStage { Stage = "some", Rules = { Stage("", Orders(1, null)).Rules[0], Stage("", Orders(0, 0), new FeatureCondition { Feature = Feature.DaysSinceLastOrder }).Rules[0] } } } })));
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Get("gap"), StatusCode.NotFound)).Reason);
    }

    [Fact]
    public async Task The_literal_reading_is_refused_without_a_stage_for_the_others()
    {
        var document = (await Get("clc-windowed")).Document;
        document.Stages.Remove(document.Stages.Single(s => s.Otherwise));
        Assert.Equal("MODEL_GAP", (await RefusalAsync(Create("literal", document, dry: true), StatusCode.InvalidArgument)).Reason);
        document.Stages.Add(new ModelStage { Stage = "rest", Otherwise = true });
        Assert.Equal(1, (await Create("literal", document, dry: true)).Revision);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Get("literal"), StatusCode.NotFound)).Reason);
    }

    [Fact]
    public async Task Every_built_in_document_can_be_copied()
    {
        var list = await Client.ListModelsAsync(new() { Shop = "tea", PageSize = 2 }, cancellationToken: Cancellation);
        Assert.Equal(2, list.Models.Count);
        foreach (var id in Segmentation.Domain.BuiltInModels.All.Keys) Assert.Equal((await Get(id)).Document, (await Create("copy", (await Get(id)).Document, dry: true)).Document);
    }

    [Fact]
    public async Task Lists_in_pages()
    {
        var ids = new List<string>();
        var request = new ListModelsRequest { Shop = "tea", PageSize = 2 };
        do
        {
            var page = await Client.ListModelsAsync(request, cancellationToken: Cancellation);
            ids.AddRange(page.Models.Select(m => m.Model_));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Superset(Segmentation.Domain.BuiltInModels.All.Keys.ToHashSet(), ids.ToHashSet());
        Assert.Equal(["page_size"], await ViolationsAsync(Client.ListModelsAsync(new() { Shop = "tea", PageSize = -1 }, cancellationToken: Cancellation)));
    }

    [Fact]
    public async Task Refuses_with_the_reason()
    {
        await Create("taken", Split(2));
        Assert.Equal("MODEL_EXISTS", (await RefusalAsync(Create("taken", Split(3)), StatusCode.AlreadyExists)).Reason);
        Assert.Equal("MODEL_BUILT_IN", (await RefusalAsync(Client.UpdateModelAsync(new() { Shop = "tea", Model = "rfm", Document = Split(2) }, cancellationToken: Cancellation), StatusCode.FailedPrecondition)).Reason);
        Assert.Equal("MODEL_REQUIRED", (await RefusalAsync(Client.DeactivateModelAsync(new() { Shop = "tea", Model = "clc" }, cancellationToken: Cancellation), StatusCode.FailedPrecondition)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Activate("none"), StatusCode.NotFound)).Reason);
        Assert.Equal(("REVISION_NOT_FOUND", "1"), (await RefusalAsync(Activate("taken", 7), StatusCode.NotFound)) is var missing ? (missing.Reason, missing.Metadata["latest_revision"]) : default);
        Assert.Equal("REVISION_NOT_FOUND", (await RefusalAsync(Get("taken", 7), StatusCode.NotFound)).Reason);
        Assert.Equal("ETAG_MISMATCH", (await RefusalAsync(Activate("taken", etag: "9-9"), StatusCode.Aborted)).Reason);
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Client.GetModelAsync(new() { Shop = "coffee", Model = "clc" }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
    }

    [Fact]
    public async Task Names_all_that_is_wrong_with_a_document_at_once()
    {
        var document = new ModelDocument
        {
            Title = new string('t', 201),
            Stages =
            {
                new ModelStage { Stage = "Bad", Title = new string('t', 201), Otherwise = true, Rules = { new ModelRule() } },
                new ModelStage { Stage = "empty" },
                Stage("same", Orders(0, 1), Orders(2, 3)),
                Stage("same", new FeatureCondition(), new FeatureCondition { Feature = (Feature)99 }),
                Stage("window", new FeatureCondition { Feature = Feature.OrdersWithin }, new FeatureCondition { Feature = Feature.Spend, WindowDays = 3, Absent = true }),
                Stage("bounds", Orders(3, 2), new FeatureCondition { Feature = Feature.Spend, AtLeast = 0.00001 }, new FeatureCondition { Feature = Feature.LastNpsScore, Below = double.NaN }),
            },
        };
        Assert.Equal(
            [
                "document.stages", "document.stages[0].rules", "document.stages[0].rules[0].conditions", "document.stages[0].stage", "document.stages[0].title", "document.stages[1].rules",
                "document.stages[2].rules[0].conditions", "document.stages[3].rules[0].conditions[0].feature", "document.stages[3].rules[0].conditions[1].feature",
                "document.stages[4].rules[0].conditions[0].window_days", "document.stages[4].rules[0].conditions[1].absent", "document.stages[4].rules[0].conditions[1].window_days",
                "document.stages[5].rules[0].conditions[0]", "document.stages[5].rules[0].conditions[1]", "document.stages[5].rules[0].conditions[2]", "document.title", "model", "shop",
            ],
            await ViolationsAsync(Client.CreateModelAsync(new() { Shop = "", Model = "Bad", Document = document }, cancellationToken: Cancellation)));
        Assert.Equal(["document", "model", "shop"], await ViolationsAsync(Client.UpdateModelAsync(new(), cancellationToken: Cancellation)));
        Assert.Equal(["model", "revision", "shop"], await ViolationsAsync(Client.RollbackModelAsync(new(), cancellationToken: Cancellation)));
    }

    [Fact]
    public void Both_sides_number_the_features_alike()
        => Assert.Equal(
            System.Enum.GetValues<Segmentation.Domain.Feature>().Select(f => ((int)f, f.ToString())),
            System.Enum.GetValues<Feature>().Where(f => f != Feature.Unspecified).Select(f => ((int)f, f.ToString())));

    [Fact]
    public async Task A_population_is_kept_revision_by_revision()
    {
        var before = await Set(Figures);
        Assert.Equal("GBP", before.AverageSpend.CurrencyCode);
        var other = Figures;
        other.LapseDays = 61;
        Assert.Equal(before.Revision + 1, (await Set(other, dry: true)).Revision);
        var after = await Set(other, before.Revision);
        Assert.Equal((before.Revision + 1, 61), (after.Revision, after.LapseDays));
        Assert.Equal("ETAG_MISMATCH", (await RefusalAsync(Set(Figures, before.Revision), StatusCode.Aborted)).Reason);
        Assert.Equal(before, await Client.GetPopulationAsync(new() { Shop = "tea", Revision = before.Revision }, cancellationToken: Cancellation));
        Assert.Equal(after, await Client.GetPopulationAsync(new() { Shop = "tea" }, cancellationToken: Cancellation));
        Assert.Equal("POPULATION_NOT_FOUND", (await RefusalAsync(Client.GetPopulationAsync(new() { Shop = "tea", Revision = 99 }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
        Assert.Equal("POPULATION_NOT_FOUND", (await RefusalAsync(Client.GetPopulationAsync(new() { Shop = "bare" }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
        await Set(Figures);
    }

    [Fact]
    public async Task Names_all_that_is_wrong_with_a_population_at_once()
    {
        var population = new V1.Population { AverageSpend = Said.Money(0, "USD"), LapseDays = -1, Note = new string('n', 2_001), RecencyCuts = { 4, 3, 2, 1 }, FrequencyCuts = { 1 } };
        Assert.Equal(
            ["population.average_spend", "population.average_spend", "population.frequency_cuts", "population.lapse_days", "population.monetary_cuts", "population.note", "population.recency_cuts"],
            await ViolationsAsync(Set(population)));
        Assert.Equal(["population"], await ViolationsAsync(Set(null)));
        Assert.Equal(["expected_revision"], await ViolationsAsync(Set(Figures, -1)));
    }
}
