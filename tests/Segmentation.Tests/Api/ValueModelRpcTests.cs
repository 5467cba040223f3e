using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>FitValueModels, GetValueModel, ListValueModels and GetOrderGapAnalysis as callers see them.</summary>
public sealed class ValueModelRpcTests(ValueHouseFixture fixture) : IClassFixture<ValueHouseFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    AsyncUnaryCall<ValueModel> Get(int revision = 0, string shop = "tea") => fixture.Client.GetValueModelAsync(new GetValueModelRequest { Shop = shop, Revision = revision }, cancellationToken: Cancellation);

    AsyncUnaryCall<OrderGapAnalysis> Gaps(string? asOf = null, int horizon = 0, double? level = null, string shop = "tea")
    {
        var request = new GetOrderGapAnalysisRequest { Shop = shop, HorizonDays = horizon, AsOf = asOf is null ? null : Utc(asOf).ToTimestamp() };
        if (level is { } given) request.Level = given;
        return fixture.Client.GetOrderGapAnalysisAsync(request, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task A_fit_is_a_revision_with_every_model_its_accuracy_and_a_choice()
    {
        var model = await Get(1);
        Assert.Equal(fixture.Fitted, model);
        Assert.Equal(("tea", 1, 603), (model.Shop, model.Revision, model.CustomerCount));
        Assert.Equal(["nbd", "bg_nbd", "mbg_nbd", "pareto_nbd"], model.Models.Select(m => m.Model));
        Assert.Contains(model.Models, m => m.Model == model.ChosenModel && m.Identified);
        Assert.True(model.DropoutIdentified);
        Assert.NotEmpty(model.ChoiceReason);
        Assert.Equal(90, model.HoldoutDays);
        Assert.All(model.Models, m => Assert.True(m.Holdout.CustomerCount > 400 && m.Holdout.ActualTotal > 0));
        Assert.False(model.Models[0].Holdout.HasAliveAuc);
        Assert.Equal(["alpha", "r"], model.Models[0].Parameters.Keys.Order());
        Assert.True(model.SpendModel.Identified);
        Assert.True(model.LapseThreshold.HasDays);
        Assert.Empty(model.Withheld);
    }

    [Fact]
    public async Task Every_number_has_its_uncertainty_and_every_model_its_new_customer()
    {
        var model = await Get(1);
        Assert.All(model.Models, m => Assert.All(m.StandardErrors, e => Assert.True(e.Value > 0 && m.Parameters.ContainsKey(e.Key))));
        Assert.Equal(["alpha", "r"], model.Models[0].StandardErrors.Keys.Order());
        Assert.Equal(["gamma", "p", "q"], model.SpendModel.StandardErrors.Keys.Order());
        Assert.InRange(model.SpendModel.MeanOrderValue, 10, 100);
        Assert.All(model.Models, m => Assert.True(m.NewCustomer.ExpectedRepeatOrders > 0 && m.NewCustomer.Days == 365));
        Assert.All(model.Models, m => Assert.Equal(1, m.NewCustomer.OrderCountChances.Sum(c => c.Probability), 1e-9));
        Assert.Contains("shop_threshold", model.LapseRules.Select(r => r.Rule));
        Assert.All(model.LapseRules, r => Assert.True(r.CustomerCount > 400 && r.Auc > 0.5 && r.Description.Length > 0));
        Assert.All(model.Models, m => Assert.True(m.Holdout.HasTotalErrorPercent));
    }

    [Fact]
    public async Task A_shop_without_customers_gets_a_revision_that_says_so()
    {
        var model = await fixture.Client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "empty" }, cancellationToken: Cancellation);
        Assert.Equal(("", 0), (model.ChosenModel, model.CustomerCount));
        Assert.Contains("TOO_FEW_BUYERS", model.Withheld.Select(w => w.Reason));
        Assert.Null(model.SpendModel);
    }

    AsyncUnaryCall<ValueModel> Fit(string asOf) => fixture.Client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "tea", AsOf = Utc(asOf).ToTimestamp() }, cancellationToken: Cancellation);

    async Task<CustomerValue> ValueAsync(string? asOf = null)
        => await fixture.Client.GetCustomerValueAsync(new GetCustomerValueRequest { Shop = "tea", Customer = ValueHouseFixture.Regular, AsOf = asOf is null ? null : Utc(asOf).ToTimestamp() }, cancellationToken: Cancellation);

    [Fact]
    public async Task A_fit_of_a_past_day_answers_as_of_then_and_changes_nothing_else()
    {
        var past = await Fit("2024-05-31T12:00:00Z");
        Assert.Equal(Utc("2024-05-31T12:00:00Z").ToTimestamp(), past.AsOf);
        Assert.InRange(past.CustomerCount, 500, 602);
        Assert.All(past.Models, m => Assert.True(m.Holdout.CustomerCount > 300));
        var again = await Fit("2024-05-31T12:00:00Z");
        (again.Revision, again.CreateTime) = (past.Revision, past.CreateTime);
        Assert.Equal(past, again);

        Assert.Equal((1, 1), ((await Get()).Revision, (await Gaps()).Revision));
        Assert.Equal((fixture.Fitted.Revision, true), ((await ValueAsync()).ModelRevision, (await ValueAsync("2024-06-15T12:00:00Z")).ModelRevision >= past.Revision));
        Assert.Contains("NO_MODEL", (await ValueAsync("2024-05-31T11:59:59Z")).Withheld.Select(w => w.Reason));
        Assert.Equal(["as_of"], await ViolationsAsync(Fit("2030-01-01")));
    }

    [Fact]
    public async Task Lists_revisions_newest_first_in_pages()
    {
        for (var i = 0; i < 3; i++) await fixture.Client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "small" }, cancellationToken: Cancellation);
        var first = await fixture.Client.ListValueModelsAsync(new ListValueModelsRequest { Shop = "small", PageSize = 2 }, cancellationToken: Cancellation);
        var second = await fixture.Client.ListValueModelsAsync(new ListValueModelsRequest { Shop = "small", PageSize = 2, PageToken = first.NextPageToken }, cancellationToken: Cancellation);
        Assert.Equal([3, 2, 1], first.ValueModels.Concat(second.ValueModels).Select(m => m.Revision));
        Assert.Equal("", second.NextPageToken);
        Assert.Equal("PAGE_TOKEN_INVALID", (await RefusalAsync(fixture.Client.ListValueModelsAsync(new ListValueModelsRequest { Shop = "tea", PageToken = first.NextPageToken }, cancellationToken: Cancellation), StatusCode.InvalidArgument)).Reason);
    }

    [Fact]
    public async Task The_gap_analysis_is_that_of_the_revision_unless_asked_for_another()
    {
        var stored = await Gaps();
        Assert.Equal((1, 603), (stored.Revision, stored.CustomerCount));
        Assert.Equal(fixture.Fitted.LapseThreshold, stored.Threshold);
        Assert.NotEmpty(stored.Curve);
        var computed = await Gaps(asOf: fixture.Fitted.AsOf.ToDateTimeOffset().ToString("O"));
        Assert.Equal(0, computed.Revision);
        computed.Revision = 1;
        Assert.Equal(fixture.Fitted.LapseRules, stored.LapseRules);
        Assert.Empty(computed.LapseRules);
        stored.LapseRules.Clear();
        Assert.Equal(stored, computed);
        var strict = await Gaps(horizon: 30, level: 0.5);
        Assert.Equal((30, 0.5), (strict.Threshold.HorizonDays, strict.Threshold.Level));
        Assert.True(strict.Threshold.Days < stored.Threshold.Days);
        var early = await Gaps("2023-06-30");
        Assert.True(early.CustomerCount < stored.CustomerCount);
        Assert.Equal(0, (await Gaps("2000-01-01")).CustomerCount);
        Assert.False((await Gaps("2000-01-01")).Threshold.HasDays);
        Assert.True((await Gaps("2000-01-01")).Threshold.Explanation.Length > 0);
    }

    [Fact]
    public async Task Refuses_what_is_unknown_or_wrong()
    {
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Get(shop: "coffee"), StatusCode.NotFound)).Reason);
        Assert.Equal("1", (await RefusalAsync(Get(9), StatusCode.NotFound)).Metadata["latest"]);
        Assert.Equal("VALUE_MODEL_NOT_FOUND", (await RefusalAsync(Get(9), StatusCode.NotFound)).Reason);
        Assert.Equal(["revision", "shop"], await ViolationsAsync(Get(-1, "")));
        Assert.Equal(["horizon_days", "level", "shop"], await ViolationsAsync(Gaps(horizon: 4_000, level: 1, shop: "")));
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(fixture.Client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "coffee" }, cancellationToken: Cancellation), StatusCode.NotFound)).Reason);
    }
}
