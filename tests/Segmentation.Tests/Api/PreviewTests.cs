using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;
using State = Perennial.Segmentation.V1.ModelPreview.Types.State;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>Previews through the door of a running house.</summary>
public sealed class PreviewTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    const string July = "2024-07-20T12:00:00Z";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    SegmentationService.SegmentationServiceClient Client => fixture.Client;

    /// <summary>The model of callers that name none, but that loyal customers may stay away for 120 days.</summary>
    async Task<ModelDocument> PatientAsync()
    {
        var document = (await Client.GetModelAsync(new() { Shop = "tea", Model = "clc" }, cancellationToken: Cancellation)).Document;
        document.Stages.Single(s => s.Stage == "loyal").Rules.Single().Conditions[1].AtMost = 120;
        document.Stages.Single(s => s.Stage == "at_risk").Rules.Single().Conditions[1].AtLeast = 121;
        return document;
    }

    static PreviewModelRequest Request(ModelDocument? document = null, string model = "clc")
        => new() { Shop = "tea", Model = model, Document = document, AsOfFrom = Utc("2024-03-01").ToTimestamp(), AsOfTo = Utc(July).ToTimestamp() };

    AsyncUnaryCall<ModelPreview> Preview(PreviewModelRequest request) => Client.PreviewModelAsync(request, cancellationToken: Cancellation);

    async Task<ModelPreview> DoneAsync(ModelPreview preview) => await DoneAsync(Client, preview);

    static async Task<ModelPreview> DoneAsync(SegmentationService.SegmentationServiceClient client, ModelPreview preview)
    {
        await Eventually.IsTrueAsync(async () => (await GetAsync(client, preview)).State != State.Running, "the preview has ended");
        return await GetAsync(client, preview);
    }

    static async Task<ModelPreview> GetAsync(SegmentationService.SegmentationServiceClient client, ModelPreview preview)
        => await client.GetModelPreviewAsync(new() { Shop = preview.Shop, Preview = preview.Preview }, cancellationToken: Cancellation);

    AsyncUnaryCall<ListPreviewMoversResponse> Movers(ModelPreview preview, string before = "", string after = "", int size = 0, string token = "")
        => Client.ListPreviewMoversAsync(new() { Shop = preview.Shop, Preview = preview.Preview, BeforeStage = before, AfterStage = after, PageSize = size, PageToken = token }, cancellationToken: Cancellation);

    static IEnumerable<(string, long)> Counts(IEnumerable<StageCount> counts) => counts.Where(c => c.CustomerCount > 0).Select(c => (c.Stage, c.CustomerCount));

    [Fact]
    public async Task Says_what_a_changed_model_would_change_and_for_whom_and_why()
    {
        var active = await Client.GetModelAsync(new() { Shop = "tea", Model = "clc" }, cancellationToken: Cancellation);
        var document = await PatientAsync();
        var begun = await Preview(Request(document));
        Assert.Equal((0, document, active.Document), (begun.After.ModelRevision, begun.After.Document, begun.Before.Document));

        var done = await DoneAsync(begun);
        // The visitor is gone through, too, and left out of the counts.
        Assert.Equal((State.Done, 5, 5, ""), (done.State, done.CustomersDone, done.CustomersTotal, done.Failure));
        Assert.NotNull(done.EndTime);
        var result = done.Result;
        Assert.Equal((4, 1, 1), (result.CustomerCount, result.MoverCount, result.ListedMoverCount));
        Assert.Equal((62, Utc("2024-03-01").ToTimestamp(), Utc(July).ToTimestamp()), (result.Points.Count, result.Points[0].AsOf, result.Points[^1].AsOf));
        Assert.Equal([("prospect", 2), ("sleeper", 1), ("at_risk", 1)], Counts(result.Points[^1].Before));
        Assert.Equal([("prospect", 2), ("loyal", 1), ("sleeper", 1)], Counts(result.Points[^1].After));
        Assert.Equal(Said.Money(100, "GBP"), result.Points[^1].After.Single(s => s.Stage == "loyal").Value);
    }

    [Fact]
    public async Task Counts_are_those_of_the_active_model_and_of_one_that_would_be()
    {
        var request = Request(await PatientAsync());
        request.IncludeAnonymous = true;
        var result = (await DoneAsync(await Preview(request))).Result;
        foreach (var point in result.Points)
        {
            var counts = await Client.GetStageCountsAsync(new() { Shop = "tea", AsOf = point.AsOf, IncludeAnonymous = true }, cancellationToken: Cancellation);
            Assert.Equal(counts.Stages, point.Before);
        }
        Assert.Equal(Counts(result.Points[^1].Before).Select(c => c.Item1), result.Flows.Select(f => f.BeforeStage).Distinct());
        Assert.Equal(5, result.Flows.Sum(f => f.CustomerCount));
        Assert.Contains(new PreviewFlow { BeforeStage = "at_risk", AfterStage = "loyal", CustomerCount = 1 }, result.Flows);
        Assert.Contains(new PreviewTransition { FromStage = "loyal", ToStage = "at_risk", TransitionCount = 1 }, result.BeforeTransitions);
        Assert.DoesNotContain(result.AfterTransitions, t => t.FromStage == "loyal");
        Assert.Contains(new PreviewTransition { FromStage = "promising", ToStage = "loyal", TransitionCount = 1 }, result.AfterTransitions);
    }

    [Fact]
    public async Task Movers_come_with_the_reasons_of_both_stages()
    {
        var done = await DoneAsync(await Preview(Request(await PatientAsync())));
        var mover = Assert.Single((await Movers(done)).Movers);
        Assert.Equal(("user:loyal", true, "at_risk", "loyal"), (mover.Customer, mover.Identified, mover.BeforeStage, mover.AfterStage));
        Assert.Equal(("at_risk: 4 or more orders, the last 91 to 365 days ago", 106), (mover.BeforeWhy.Rule, mover.BeforeWhy.DaysSinceLastOrder));
        Assert.Equal(("loyal: 4 or more orders, the last 0 to 120 days ago", 4), (mover.AfterWhy.Rule, mover.AfterWhy.OrderCount));
        Assert.Equal((120, [fixture.Messages["l-4"]]), (mover.AfterWhy.Conditions[1].Max, mover.AfterWhy.Conditions[1].MessageIds));
        Assert.Single((await Movers(done, "at_risk", "loyal")).Movers);
        Assert.Empty((await Movers(done, "loyal")).Movers);
        Assert.Equal("STAGE_NOT_FOUND", (await RefusalAsync(Movers(done, after: "nowhere"), StatusCode.NotFound)).Reason);
    }

    [Fact]
    public async Task An_unchanged_model_moves_nobody_and_another_model_all_whose_stage_has_another_name()
    {
        var unchanged = await DoneAsync(await Preview(Request()));
        Assert.Equal((1, 0, 4), (unchanged.After.ModelRevision, unchanged.Result.MoverCount, unchanged.Result.CustomerCount));
        var other = Request(model: "five-stage");
        other.CompareWith = "clc";
        var done = await DoneAsync(await Preview(other));
        Assert.Equal(("clc", "five-stage", 4), (done.Before.Model, done.After.Model, done.Result.MoverCount));
        var first = await Movers(done, size: 3);
        Assert.Equal(3, first.Movers.Count);
        var second = await Movers(done, size: 3, token: first.NextPageToken);
        Assert.Equal("", second.NextPageToken);
        Assert.Equal(["user:gone", "user:looks", "user:loyal", "user:once"], first.Movers.Concat(second.Movers).Select(m => m.Customer).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Figures_can_be_tried_before_they_are_set()
    {
        var request = new PreviewModelRequest { Shop = "bare", Model = "active-lapsed", AsOfFrom = Utc("2024-03-01").ToTimestamp() };
        Assert.Equal("MODEL_NOT_ACTIVE", (await RefusalAsync(Preview(request), StatusCode.FailedPrecondition)).Reason);
        request.CompareWith = "clc";
        Assert.Equal("lapse_days", (await RefusalAsync(Preview(request), StatusCode.FailedPrecondition)).Metadata["parts"]);
        request.PopulationRevision = 7;
        Assert.Equal("POPULATION_NOT_FOUND", (await RefusalAsync(Preview(request), StatusCode.NotFound)).Reason);
        request.PopulationRevision = 0;
        request.Population = new Population { LapseDays = 100, Note = "Tried." };
        var done = await DoneAsync(await Preview(request));
        Assert.Equal((State.Done, 100, 0), (done.State, done.After.Population.LapseDays, done.After.PopulationRevision));
        Assert.Equal(Utc(SegmentationHouse.Now).Date, done.AsOfTo.ToDateTime().Date);
        Assert.Equal("POPULATION_NOT_FOUND", (await RefusalAsync(Client.GetPopulationAsync(new() { Shop = "bare" }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
    }

    [Fact]
    public async Task A_call_that_is_repeated_answers_the_preview_that_it_made()
    {
        var request = Request(await PatientAsync());
        request.RequestId = "0195C8A0-0000-7000-8000-000000000001";
        var made = await Preview(request);
        Assert.Equal("0195c8a0-0000-7000-8000-000000000001", made.Preview);
        var done = await DoneAsync(made);
        Assert.Equal(done, await Preview(request));
        request.IncludeAnonymous = true;
        Assert.Equal("PREVIEW_EXISTS", (await RefusalAsync(Preview(request), StatusCode.AlreadyExists)).Reason);
        Assert.Equal(done, await GetAsync(Client, made));
        // What has ended is not cancelled.
        Assert.Equal(done, await Client.CancelModelPreviewAsync(new() { Shop = "tea", Preview = made.Preview }, cancellationToken: Cancellation));
        Assert.NotEqual((await Preview(Request())).Preview, (await Preview(Request())).Preview);
    }

    [Fact]
    public async Task Previews_are_listed_newest_first()
    {
        var made = new[] { await Preview(Request(await PatientAsync())), await Preview(Request(await PatientAsync())) };
        foreach (var preview in made) await DoneAsync(preview);
        var first = await Client.ListModelPreviewsAsync(new() { Shop = "tea", PageSize = 1 }, cancellationToken: Cancellation);
        var second = await Client.ListModelPreviewsAsync(new() { Shop = "tea", PageSize = 1, PageToken = first.NextPageToken }, cancellationToken: Cancellation);
        var listed = first.Previews.Concat(second.Previews).ToList();
        Assert.Equal(made.Reverse().Select(p => p.Preview), listed.Select(p => p.Preview));
        Assert.All(listed, p => Assert.True(p is { State: State.Done, Result: null, Before.Document: null, After.Document: null }));
    }

    [Fact]
    public async Task Refuses_a_document_with_a_gap_or_an_overlap_with_an_example()
    {
        var gap = await PatientAsync();
        gap.Stages.Single(s => s.Stage == "at_risk").Rules.Single().Conditions[1].AtLeast = 125;
        var refusal = await RefusalAsync(Preview(Request(gap)), StatusCode.InvalidArgument);
        Assert.Equal(("MODEL_GAP", "order_count=4,days_since_last_order=121"), (refusal.Reason, refusal.Metadata["example"]));
        var overlap = await PatientAsync();
        overlap.Stages.Single(s => s.Stage == "at_risk").Rules.Single().Conditions[1].AtLeast = 91;
        refusal = await RefusalAsync(Preview(Request(overlap)), StatusCode.InvalidArgument);
        Assert.Equal(("MODEL_OVERLAP", "order_count=4,days_since_last_order=91"), (refusal.Reason, refusal.Metadata["example"]));
    }

    [Fact]
    public async Task Names_all_that_is_wrong_with_a_request_at_once()
    {
        Assert.Equal(["as_of_from", "model", "shop"], await ViolationsAsync(Preview(new())));
        Assert.Equal(
            ["as_of_to", "compare_with", "document.stages", "population_revision", "population_revision", "request_id", "revision"],
            await ViolationsAsync(Preview(new()
            {
                Shop = "tea",
                Model = "clc",
                Document = new(),
                Revision = 3,
                Population = new(),
                PopulationRevision = -1,
                CompareWith = new string('c', 64),
                AsOfFrom = Utc(July).ToTimestamp(),
                AsOfTo = Utc("2024-03-01").ToTimestamp(),
                RequestId = "one",
            })));
        Assert.Equal(["population.lapse_days"], await ViolationsAsync(Preview(new() { Shop = "tea", Model = "clc", AsOfFrom = Utc("2024-03-01").ToTimestamp(), Population = new() { LapseDays = -1 } })));
        Assert.Equal(["as_of_to"], await ViolationsAsync(Preview(new() { Shop = "tea", Model = "clc", AsOfFrom = Utc(July).ToTimestamp() })));
        Assert.Equal(["preview", "shop"], await ViolationsAsync(Client.GetModelPreviewAsync(new(), cancellationToken: Cancellation)));
        Assert.Equal(["preview", "shop"], await ViolationsAsync(Client.CancelModelPreviewAsync(new() { Preview = "p" }, cancellationToken: Cancellation)));
        Assert.Equal(["page_size", "shop"], await ViolationsAsync(Client.ListModelPreviewsAsync(new() { PageSize = -1 }, cancellationToken: Cancellation)));
        Assert.Equal(["after_stage", "before_stage", "page_size", "preview", "shop"], await ViolationsAsync(Client.ListPreviewMoversAsync(new() { BeforeStage = new string('s', 64), AfterStage = new string('s', 64), PageSize = -1 }, cancellationToken: Cancellation)));
    }

    [Fact]
    public async Task Names_what_is_not_there()
    {
        var nowhere = new ModelPreview { Shop = "tea", Preview = Guid.Empty.ToString() };
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Preview(new() { Shop = "coffee", Model = "clc", AsOfFrom = Utc("2024-03-01").ToTimestamp() }), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Preview(Request(model: "none")), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Preview(Request(await PatientAsync(), "none")), StatusCode.NotFound)).Reason);
        var request = Request();
        request.Revision = 9;
        Assert.Equal("REVISION_NOT_FOUND", (await RefusalAsync(Preview(request), StatusCode.NotFound)).Reason);
        Assert.Equal("PREVIEW_NOT_FOUND", (await RefusalAsync(Client.GetModelPreviewAsync(new() { Shop = "tea", Preview = nowhere.Preview }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
        Assert.Equal("PREVIEW_NOT_FOUND", (await RefusalAsync(Client.CancelModelPreviewAsync(new() { Shop = "tea", Preview = nowhere.Preview }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
        Assert.Equal("PREVIEW_NOT_FOUND", (await RefusalAsync(Movers(nowhere), StatusCode.NotFound)).Reason);
    }

    /// <summary>A house in which a preview takes a while: a commit for every customer.</summary>
    static async Task<SegmentationHouse> BusyAsync()
    {
        var house = await SegmentationHouse.StartAsync("--Preview:StepSize=1", "--Preview:RunningMax=1");
        house.Announce("tea", "Europe/London", "GBP");
        for (var n = 0; n < 1_500; n++) house.Record("tea", $"user:{n}", "2024-06-10T10:00:00Z", Said.Ordered($"o-{n}", 10));
        await house.CatchUpAsync();
        return house;
    }

    [Fact]
    public async Task Tells_how_far_it_has_come_and_goes_on_after_a_restart()
    {
        await using var house = await BusyAsync();
        var begun = await house.Client.PreviewModelAsync(Request(), cancellationToken: Cancellation);
        Assert.Equal((State.Running, 1_500), (begun.State, begun.CustomersTotal));
        var seen = begun;
        await Eventually.IsTrueAsync(async () => (seen = await GetAsync(house.Client, begun)).CustomersDone > 0, "somebody is gone through");
        Assert.Equal((State.Running, null), (seen.State, seen.Result));
        var refusal = await RefusalAsync(house.Client.ListPreviewMoversAsync(new() { Shop = "tea", Preview = begun.Preview }, cancellationToken: Cancellation), StatusCode.FailedPrecondition);
        Assert.Equal(("PREVIEW_NOT_DONE", "RUNNING"), (refusal.Reason, refusal.Metadata["state"]));

        await house.RestartAsync();
        var done = await DoneAsync(house.Client, begun);
        Assert.Equal((State.Done, 1_500), (done.State, done.Result.Points[^1].Before.Sum(s => s.CustomerCount)));
    }

    [Fact]
    public async Task Ends_when_it_is_cancelled_and_makes_room_for_another()
    {
        await using var house = await BusyAsync();
        var begun = await house.Client.PreviewModelAsync(Request(), cancellationToken: Cancellation);
        var refusal = await RefusalAsync(house.Client.PreviewModelAsync(Request(), cancellationToken: Cancellation), StatusCode.ResourceExhausted);
        Assert.Equal(("PREVIEWS_RUNNING", "1"), (refusal.Reason, refusal.Metadata["running_max"]));
        var cancelled = await house.Client.CancelModelPreviewAsync(new() { Shop = "tea", Preview = begun.Preview }, cancellationToken: Cancellation);
        Assert.Equal((State.Cancelled, null), (cancelled.State, cancelled.Result));
        Assert.NotNull(cancelled.EndTime);
        Assert.Equal(State.Running, (await house.Client.PreviewModelAsync(Request(), cancellationToken: Cancellation)).State);
        var after = await GetAsync(house.Client, begun);
        Assert.Equal((State.Cancelled, cancelled.EndTime), (after.State, after.EndTime));
        Assert.True(after.CustomersDone < 1_500);
    }
}
