using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Found = Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Api;

/// <summary>Values and models as answers.</summary>
internal static class ValueMapping
{
    const int MoneyDecimals = 4;

    public static string ToMonth(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static Found.RfmTieRule ToRule(V1.RfmTieRule rule) => rule == V1.RfmTieRule.Unspecified ? Found.RfmTieRule.CutPoints : (Found.RfmTieRule)rule;

    public static RfmCustomer ToCustomer(RfmEntry entry, Found.RfmTieRule rule, string currency)
    {
        var score = RfmScore.OfCode(rule switch { Found.RfmTieRule.CutPoints => entry.CutPoints, Found.RfmTieRule.Ntile => entry.Ntile, _ => entry.AverageRank });
        return new RfmCustomer
        {
            Customer = entry.Customer,
            DaysSinceLastOrder = entry.RecencyDays,
            OrderCount = entry.OrderCount,
            Value = entry.Amount.ToMoney(currency),
            RecencyScore = score.Recency,
            FrequencyScore = score.Frequency,
            MonetaryScore = score.Monetary,
            Segment = RfmSegments.Of(score.Code).Id,
        };
    }

    public static V1.OrderGapAnalysis ToAnalysis(string shop, ValueRevision revision)
    {
        var analysis = ToAnalysis(shop, revision.AsOf, revision.Number, revision.Gaps);
        analysis.LapseRules.AddRange(revision.Model.LapseRules.Select(ToRule));
        return analysis;
    }

    public static V1.OrderGapAnalysis ToAnalysis(string shop, DateTimeOffset asOf, int revision, Found.OrderGapAnalysis gaps)
    {
        var analysis = new V1.OrderGapAnalysis
        {
            Shop = shop,
            AsOf = asOf.ToTimestamp(),
            Revision = revision,
            CustomerCount = gaps.Customers,
            CompletedGapCount = gaps.CompletedGaps,
            OpenGapCount = gaps.OpenGaps,
            SameDayOrderCount = gaps.SameDayOrders,
            ReturnedCustomerCount = gaps.Returned,
            RegularCustomerCount = gaps.FullyRepeated,
            Naive = ToNaive(gaps.Naive),
            Estimate = ToEstimate(gaps.Estimate),
            NaiveFirstGap = ToNaive(gaps.NaiveFirstGap),
            FirstGapEstimate = ToEstimate(gaps.FirstGap),
            Threshold = ToThreshold(gaps.Threshold),
        };
        foreach (var point in gaps.Curve)
        {
            var shown = new V1.ReturnPoint { SilentDays = point.SilentDays, Survival = point.Survival, AtRiskCount = point.AtRisk };
            if (point.ReturnProbability is { } probability) shown.ReturnProbability = probability;
            if (point.ReturnError is { } error) shown.StandardError = error;
            analysis.Curve.Add(shown);
        }
        return analysis;
    }

    static V1.NaiveGaps ToNaive(Found.NaiveGaps gaps)
    {
        var shown = new V1.NaiveGaps();
        if (gaps.Mean is { } mean) shown.Mean = mean;
        if (gaps.P50 is { } p50) shown.P50 = p50;
        if (gaps.P80 is { } p80) shown.P80 = p80;
        if (gaps.P90 is { } p90) shown.P90 = p90;
        if (gaps.P95 is { } p95) shown.P95 = p95;
        return shown;
    }

    static EstimatedGaps ToEstimate(SurvivalGaps gaps)
    {
        var shown = new EstimatedGaps { Tail = gaps.Tail };
        if (gaps.P20 is { } p20) shown.P20 = p20;
        if (gaps.P30 is { } p30) shown.P30 = p30;
        if (gaps.P50 is { } p50) shown.P50 = p50;
        if (gaps.P60 is { } p60) shown.P60 = p60;
        if (gaps.P70 is { } p70) shown.P70 = p70;
        if (gaps.P80 is { } p80) shown.P80 = p80;
        if (gaps.P90 is { } p90) shown.P90 = p90;
        return shown;
    }

    static V1.LapseThreshold ToThreshold(Found.LapseThreshold threshold)
    {
        var shown = new V1.LapseThreshold { HorizonDays = threshold.HorizonDays, Level = threshold.Level, Explanation = threshold.Explanation };
        if (threshold.Days is { } days) shown.Days = days;
        return shown;
    }

    public static V1.ValueModel ToValueModel(string shop, ValueRevision revision)
    {
        var model = revision.Model;
        var shown = new V1.ValueModel
        {
            Shop = shop,
            Revision = revision.Number,
            CreateTime = revision.CreateTime.ToTimestamp(),
            AsOf = revision.AsOf.ToTimestamp(),
            CustomerCount = model.Customers,
            RepeatPurchaseCount = model.RepeatPurchases,
            ChosenModel = ToName(model.Chosen),
            ChoiceReason = model.Why,
            DropoutIdentified = model.IsDropoutIdentified,
            HoldoutDays = model.HoldoutDays,
            LapseThreshold = ToThreshold(model.Lapse),
        };
        shown.Models.AddRange(model.Models.Select(ToModel));
        if (model.Spend is { } spend) shown.SpendModel = ToSpend(spend);
        shown.LapseRules.AddRange(model.LapseRules.Select(ToRule));
        shown.Withheld.AddRange(model.Gate.Missing().Select(m => ToWithheld(new Withheld("predictions", m.Reason, m.Explanation))));
        return shown;
    }

    static string ToName(PurchaseModelKind? kind) => kind?.Name() ?? "";

    static V1.LapseRule ToRule(Found.LapseRule rule)
    {
        var accuracy = rule.Accuracy;
        var shown = new V1.LapseRule
        {
            Rule = rule.Name,
            Description = rule.Description,
            CustomerCount = accuracy.Customers,
            NoOrderRate = accuracy.NoOrderRate,
            FlaggedCount = accuracy.Flagged,
            Accuracy = accuracy.Accuracy,
        };
        if (rule.Days is { } days) shown.Days = days;
        if (accuracy.Precision is { } precision) shown.Precision = precision;
        if (accuracy.Recall is { } recall) shown.Recall = recall;
        if (accuracy.F1 is { } f1) shown.F1 = f1;
        if (accuracy.Auc is { } auc) shown.Auc = auc;
        return shown;
    }

    static V1.PurchaseModel ToModel(FittedModel model)
    {
        var shown = new V1.PurchaseModel { Model = ToName(model.Kind), LogLikelihood = model.LogLikelihood, GainOverNbd = model.GainOverNbd, Identified = model.IsIdentified };
        foreach (var parameter in model.Parameters)
        {
            shown.Parameters[parameter.Name] = parameter.Value;
            if (parameter.StandardError is { } error) shown.StandardErrors[parameter.Name] = error;
        }
        shown.NewCustomer = ToNewCustomer(model.ToModel());
        if (model.Holdout is { } holdout) shown.Holdout = ToAccuracy(holdout);
        return shown;
    }

    static NewCustomer ToNewCustomer(Found.PurchaseModel model)
    {
        var shown = new NewCustomer { Days = CustomerForecast.Year, ExpectedRepeatOrders = model.ExpectedPurchases(CustomerForecast.Year) };
        shown.OrderCountChances.AddRange(Found.OrderCountChance.Of(model, RepeatPurchases.New).Select(ToChance));
        return shown;
    }

    static V1.OrderCountChance ToChance(Found.OrderCountChance chance) => new() { OrderCount = chance.Orders, Probability = chance.Probability };

    static V1.HoldoutAccuracy ToAccuracy(Found.HoldoutAccuracy holdout)
    {
        var (purchases, active) = (holdout.Purchases, holdout.Active);
        var shown = new V1.HoldoutAccuracy
        {
            CustomerCount = holdout.Groups.Sum(g => g.Customers),
            MeanAbsoluteError = purchases.MeanAbsoluteError,
            RootMeanSquareError = purchases.RootMeanSquareError,
            MeanSquareLogError = purchases.LogError,
            PredictedTotal = purchases.TotalPredicted,
            ActualTotal = purchases.TotalActual,
            ActiveBrierScore = active.Brier,
            ActiveLogLoss = active.LogLoss,
            ActiveMean = active.Mean,
            ActiveRate = holdout.ActiveRate,
        };
        if (purchases.TotalErrorPercent is { } total) shown.TotalErrorPercent = total;
        if (purchases.Correlation is { } correlation) shown.Correlation = correlation;
        if (purchases.RankCorrelation is { } ranks) shown.RankCorrelation = ranks;
        if (active.Auc is { } auc) shown.ActiveAuc = auc;
        if (holdout.Alive is { } alive)
        {
            if (alive.Auc is { } aliveAuc) shown.AliveAuc = aliveAuc;
            shown.AliveBrierScore = alive.Brier;
        }
        if (holdout.ExpectedAuc is { } expected) shown.ExpectedAuc = expected;
        if (holdout.RecencyAuc is { } recency) shown.RecencyAuc = recency;
        shown.Groups.AddRange(holdout.Groups.Select(g => new V1.FrequencyGroup { RepeatPurchaseCount = g.Count, CustomerCount = g.Customers, Predicted = g.Predicted, Actual = g.Actual }));
        return shown;
    }

    static SpendModel ToSpend(FittedSpend spend)
    {
        var shown = new SpendModel { P = spend.P, Q = spend.Q, Gamma = spend.Gamma, LogLikelihood = spend.LogLikelihood, CustomerCount = spend.Customers, Identified = spend.IsIdentified };
        if (spend.Correlation is { } correlation) shown.FrequencyCorrelation = correlation;
        if (spend.ToModel().PopulationMean is { } mean) shown.MeanOrderValue = mean;
        if (spend.StandardErrors is [var p, var q, var gamma])
        {
            shown.StandardErrors["p"] = p;
            shown.StandardErrors["q"] = q;
            shown.StandardErrors["gamma"] = gamma;
        }
        return shown;
    }

    public static CustomerValue ToValue(Shop shop, string customer, DateTimeOffset asOf, int today, Buyer buyer, ValueRevision? revision, CustomerForecast forecast, ForecastTerms terms, IReadOnlyList<Channel> channels)
    {
        var value = new CustomerValue
        {
            Shop = shop.Id,
            Customer = customer,
            AsOf = asOf.ToTimestamp(),
            HistoricClv = buyer.Value.ToMoney(shop.Currency),
            HistoricNumberOfOrders = buyer.Orders.Length,
            ModelRevision = revision?.Number ?? 0,
            Model = ToName(revision?.Model.Chosen),
            AnnualDiscountRate = terms.AnnualDiscount,
            Margin = terms.Margin,
        };
        AddChannels(value, channels);
        AddHistory(value, buyer, today, shop.Currency);
        AddForecast(value, buyer, forecast, shop.Currency);
        value.Lapsed = value is { HasDaysSinceLastOrder: true, HasLapsesAfterDays: true } && value.DaysSinceLastOrder >= value.LapsesAfterDays;
        return value;
    }

    static void AddChannels(CustomerValue value, IReadOnlyList<Channel> channels)
    {
        value.RankedChannelAffinity.AddRange(channels.Select(c => c.ToString().ToLowerInvariant()));
        if (channels.Count == 0) value.Withheld.Add(ToWithheld(new Withheld("ranked_channel_affinity", WithheldReason.NoMessage, "The customer has opened and clicked no message.")));
    }

    static void AddHistory(CustomerValue value, Buyer buyer, int today, string currency)
    {
        if (buyer.Orders.Length == 0)
        {
            foreach (var field in (string[])["average_order_value", "average_days_between_orders", "days_since_last_order", "rhythm"])
                value.Withheld.Add(ToWithheld(new Withheld(field, WithheldReason.NoOrder, "The customer has no order that counts.")));
            return;
        }
        value.DaysSinceLastOrder = today - buyer.Orders[^1].Day;
        value.AverageOrderValue = decimal.Round(buyer.Value / buyer.Orders.Length, MoneyDecimals).ToMoney(currency);
        var gaps = CustomerGaps.Of(ValueSample.Distinct([.. buyer.Orders.Select(o => o.Day)]));
        if (gaps is not null) value.AverageDaysBetweenOrders = gaps.Mean;
        else value.Withheld.Add(ToWithheld(new Withheld("average_days_between_orders", WithheldReason.OneOrder, "The customer has ordered on one day only.")));
        if (gaps is { Count: >= OrderGaps.RhythmGapsMin })
            value.Rhythm = new OrderRhythm { GapCount = gaps.Count, MedianDays = gaps.Median, P80Days = gaps.P80, P90Days = gaps.P90, LongestDays = gaps.Longest, DeviationDays = gaps.Deviation!.Value };
        else
            value.Withheld.Add(ToWithheld(new Withheld("rhythm", WithheldReason.OneOrder, $"A rhythm of one's own takes {OrderGaps.RhythmGapsMin} gaps between orders; there are {gaps?.Count ?? 0}.")));
    }

    static void AddForecast(CustomerValue value, Buyer buyer, CustomerForecast forecast, string currency)
    {
        if (forecast.PredictedOrders is { } orders) value.PredictedNumberOfOrders = orders;
        if (forecast.ExpectedSpend is { } spend) value.ExpectedOrderSpend = Money(spend);
        if (forecast.PredictedClv is { } clv)
        {
            value.PredictedClv = Money(clv);
            value.TotalClv = (buyer.Value + Rounded(clv)).ToMoney(currency);
        }
        if (forecast.ChurnProbability is { } churn) value.ChurnProbability = churn;
        if (forecast.AliveProbability is { } alive) value.AliveProbability = alive;
        value.OrderChances.AddRange(forecast.Chances.Select(c => new V1.OrderChance { Days = c.Days, Probability = c.Probability }));
        value.OrderCountChances.AddRange(forecast.CountChances.Select(ToChance));
        if (forecast.Wait is { } wait) value.NextOrderWait = ToWait(wait);
        if (forecast.ResidualOrders is { } residual) value.DiscountedResidualOrders = residual;
        if (forecast.ResidualClv is { } residualClv) value.ResidualClv = Money(residualClv);
        if (forecast.NextOrder is { } day) value.ExpectedDateOfNextOrder = DateOnly.FromDayNumber(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (forecast.LapsesAfterDays is { } days) value.LapsesAfterDays = days;
        value.Withheld.AddRange(forecast.Withheld.Select(ToWithheld));

        Google.Type.Money Money(double amount) => Rounded(amount).ToMoney(currency);

        static decimal Rounded(double amount) => decimal.Round((decimal)amount, MoneyDecimals);
    }

    static NextOrderWait ToWait(OrderWait wait)
    {
        var shown = new NextOrderWait();
        if (wait.Median is { } median) shown.MedianDays = median;
        if (wait.MedianIfActive is { } active) shown.MedianIfActiveDays = active;
        if (wait.MeanIfActive is { } mean) shown.MeanIfActiveDays = mean;
        return shown;
    }

    /// <summary>TooFewBuyers -> TOO_FEW_BUYERS.</summary>
    static WithheldValue ToWithheld(Withheld withheld) => new()
    {
        Field = withheld.Field,
        Reason = string.Concat(withheld.Reason.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString())),
        Explanation = withheld.Explanation,
    };
}
