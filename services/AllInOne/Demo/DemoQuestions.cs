using Perennial.Foundation.Grpc;
using System.Globalization;
using Perennial.AllInOne.Running;
using Perennial.Campaigns.V1;
using Perennial.Segmentation.V1;

namespace Perennial.AllInOne.Demo;

/// <summary>Asks the gateway as a partner's program would, always as of the end of a day: the running clock changes no answer.</summary>
internal sealed class DemoQuestions(GatewayClient gateway)
{
    const int FlowDays = 30;
    const int StagesShown = 5;
    const int CustomersPerStage = 2;
    const int PageSize = 1_000;
    const string Root = "/v1/shops/" + DemoSample.Shop;

    /// <summary>Most interesting first: those to keep, to save, to win over.</summary>
    static readonly string[] Interest = ["loyal", "at_risk", "drifting", "promising", "red_alert", "new", "sleeper", "prospect"];

    /// <summary>The other families of models that are built in.</summary>
    static readonly string[] OtherModels = ["active-lapsed", "five-stage", "rfm"];

    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public async Task<DemoAnswers> AskAsync(IReadOnlyList<DateOnly> days, CancellationToken stop)
    {
        var counts = await Task.WhenAll(days.Select(async day => (Day: day, Counts: await CountAsync(day, stop))));
        var from = DemoSample.LastDay.AddDays(-FlowDays);
        var flows = gateway.GetAsync<StageFlows>($"{Root}/stages:flow?from={Instant(from)}&to={Instant(DemoSample.LastDay)}", stop);
        var populated = counts[0].Counts.Stages.Where(s => s.CustomerCount >= CustomersPerStage).Select(s => s.Stage);
        var customers = await Task.WhenAll(Interest.Intersect(populated).Take(StagesShown).Select(stage => PickAsync(stage, stop)));
        var actions = await Task.WhenAll(customers.SelectMany(c => c).Select(c => WithActionAsync(c, stop)));
        var population = await gateway.PostAsync<Population>($"{Root}/population:learn", stop);
        var others = await Task.WhenAll(OtherModels.Select(model => CountAsync(model, stop)));
        return new DemoAnswers(counts, (from, DemoSample.LastDay, await flows), actions, others, population);
    }

    Task<StageCounts> CountAsync(DateOnly day, CancellationToken stop) => gateway.GetAsync<StageCounts>($"{Root}/stages:count?asOf={Instant(day)}", stop);

    /// <summary>Puts a model to work beside the others, and counts once every customer is derived.</summary>
    async Task<StageCounts> CountAsync(string model, CancellationToken stop)
    {
        var state = await gateway.PostAsync<Model>($"{Root}/models/{model}:activate", stop);
        while (state.Active is null)
        {
            await Task.Delay(Look, stop);
            state = await gateway.GetAsync<Model>($"{Root}/models/{model}", stop);
        }
        return await gateway.GetAsync<StageCounts>($"{Root}/stages:count?model={model}&asOf={Instant(DemoSample.LastDay)}", stop);
    }

    async Task<(CustomerLifecycle, NextAction)> WithActionAsync(CustomerLifecycle customer, CancellationToken stop)
        => (customer, await gateway.GetAsync<NextAction>($"{Root}/customers/{customer.Customer}/nextAction?asOf={Instant(DemoSample.LastDay)}", stop));

    /// <summary>Of a stage, the customer of the highest value, and the one whose stage changes soonest.</summary>
    async Task<IEnumerable<CustomerLifecycle>> PickAsync(string stage, CancellationToken stop)
    {
        var customers = await ListAsync(stage, stop);
        var byValue = customers.OrderByDescending(c => c.Value.ToDecimal()).ThenBy(c => c.Customer, StringComparer.Ordinal).ToList();
        var soonest = byValue.Skip(1).OrderBy(c => c.WhatNext?.ChangeTime?.ToDateTimeOffset() ?? DateTimeOffset.MaxValue).First();
        return [byValue[0], soonest];
    }

    async Task<List<CustomerLifecycle>> ListAsync(string stage, CancellationToken stop)
    {
        var all = new List<CustomerLifecycle>();
        var token = "";
        do
        {
            var page = await gateway.GetAsync<ListCustomersResponse>(string.Create(CultureInfo.InvariantCulture,
                $"{Root}/customers?stage={stage}&asOf={Instant(DemoSample.LastDay)}&pageSize={PageSize}&pageToken={Uri.EscapeDataString(token)}"), stop);
            all.AddRange(page.Customers);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return all;
    }

    static string Instant(DateOnly day) => DemoSample.EndOf(day).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
