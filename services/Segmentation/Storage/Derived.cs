using System.Runtime.InteropServices;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Storage;

/// <summary>A transition on its way into the feed.</summary>
internal sealed record TransitionRow(int Shop, long Customer, int Derivation, int From, int To, DateTimeOffset Effective, DateTimeOffset Recorded, Cause Cause);

/// <summary>What changes in all that is derived, added up over the customers of a transaction and written once, in the order of keys.</summary>
internal sealed class Derived
{
    const int NoStage = -1;

    readonly Dictionary<(int Derivation, int Day, bool AtStart, int Stage, bool Identified), (long Customers, decimal Value)> _steps = [];
    readonly Dictionary<(int Derivation, int Day, int Cohort, int Month, bool Identified), OrderSums> _orders = [];
    readonly OrderTally _tally = new();
    readonly List<(int Derivation, int Day, long Customer)> _days = [], _daysGone = [];
    readonly List<(int Derivation, long Customer, Present Present)> _present = [];
    readonly List<(int Derivation, long Customer)> _gone = [];
    readonly Dictionary<int, BoundModel> _models = [];

    // Few, and used again for every customer.
    readonly List<int> _daysBefore = [], _daysAfter = [];

    /// <summary>In the order in which they become known.</summary>
    public List<TransitionRow> Transitions { get; } = [];

    public static int Ordinal(BoundModel model, Stage? stage) => stage is null ? NoStage : model.OrdinalOf(stage);

    public static Stage? StageOf(BoundModel model, int ordinal) => ordinal == NoStage ? null : model.Model.Stages[ordinal];

    /// <summary>A customer's shares in a model's counts were <paramref name="before"/> and are <paramref name="after"/>.</summary>
    public void Count(Derivation derivation, long customer, bool identified, IReadOnlyList<StageShare> before, IReadOnlyList<StageShare> after)
    {
        // What is older than the change is as it was, but for what else is of its day.
        var first = 0;
        while (first < before.Count && first < after.Count && before[first] == after[first]) first++;
        if (first == before.Count && first == after.Count) return;
        var changed = Calendar.StartOf(Calendar.DateOf((first == after.Count ? before : first == before.Count || after[first].From < before[first].From ? after : before)[first].From, derivation.Zone), derivation.Zone);
        while (first > 0 && before[first - 1].From >= changed) first--;
        _daysBefore.Clear();
        _daysAfter.Clear();
        Add(before, -1, _daysBefore);
        Add(after, 1, _daysAfter);
        foreach (var day in _daysAfter)
            if (!_daysBefore.Contains(day)) _days.Add((derivation.Id, day, customer));
        foreach (var day in _daysBefore)
            if (!_daysAfter.Contains(day)) _daysGone.Add((derivation.Id, day, customer));

        void Add(IReadOnlyList<StageShare> shares, int sign, List<int> days)
        {
            foreach (var step in StageShares.Steps(shares, derivation.Zone, first))
            {
                // By time, so a day that is there comes last.
                if (!step.IsAtStart && (days.Count == 0 || days[^1] != step.Day)) days.Add(step.Day);
                var key = (derivation.Id, step.Day, step.IsAtStart, derivation.Model.OrdinalOf(step.Stage), identified);
                ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_steps, key, out _);
                sum = (sum.Customers + sign * step.Customers, sum.Value + sign * step.Value);
            }
        }
    }

    /// <summary>What a customer bought was <paramref name="before"/> and is <paramref name="after"/>.</summary>
    public void Tally(Derivation derivation, bool identified, PurchaseHistory? before, PurchaseHistory? after)
    {
        foreach (var step in _tally.Change(before, after, derivation.Zone))
        {
            ref var sums = ref CollectionsMarshal.GetValueRefOrAddDefault(_orders, (derivation.Id, step.Day, step.Cohort, step.Month, identified), out _);
            sums += step.Sums;
        }
    }

    /// <summary>Where a customer is now; null where they are no longer part of it.</summary>
    public void Place(Derivation derivation, long customer, Present? told, Present? present)
    {
        _models[derivation.Id] = derivation.Model;
        if (present is null)
        {
            if (told is not null) _gone.Add((derivation.Id, customer));
        }
        else if (present != told)
        {
            _present.Add((derivation.Id, customer, present));
        }
    }

    public void Tell(Derivation derivation, int shop, long customer, IEnumerable<Transition> transitions, DateTimeOffset now)
    {
        foreach (var t in transitions)
        {
            // Who comes to be outside of an audience without having been inside has not left it.
            if (derivation.Audience is not null && t.From == BoundAudience.In == (t.To == BoundAudience.In)) continue;
            Transitions.Add(new TransitionRow(shop, customer, derivation.Id, Ordinal(derivation.Model, t.From), Ordinal(derivation.Model, t.To), t.Effective, now, t.Cause));
        }
    }

    public async Task WriteAsync(Write write, string prefix, CancellationToken cancellation)
    {
        await write.AddAsync(prefix + "stage_step", ["derivation", "day", "at_start", "stage", "identified"], ["customers", "amount"],
            [.. _steps.Where(s => s.Value != default).OrderBy(s => s.Key)], static (row, s) =>
            {
                row.Add(s.Key.Derivation);
                row.Add(s.Key.Day);
                row.Add(s.Key.AtStart);
                row.Add(s.Key.Stage);
                row.Add(s.Key.Identified);
                row.Add(s.Value.Customers);
                row.Add(s.Value.Value);
            }, cancellation);
        await write.AddAsync(prefix + "order_tally", ["derivation", "day", "cohort", "month", "identified"], ["orders", "customers", "repeat_customers", "seconds", "thirds", "second_days", "third_days", "later_days", "amount"],
            [.. _orders.Where(o => o.Value != default).OrderBy(o => o.Key)], static (row, o) =>
            {
                row.Add(o.Key.Derivation);
                row.Add(o.Key.Day);
                row.Add(o.Key.Cohort);
                row.Add(o.Key.Month);
                row.Add(o.Key.Identified);
                row.Add(o.Value.Orders);
                row.Add(o.Value.Customers);
                row.Add(o.Value.RepeatCustomers);
                row.Add(o.Value.Seconds);
                row.Add(o.Value.Thirds);
                row.Add(o.Value.SecondDays);
                row.Add(o.Value.ThirdDays);
                row.Add(o.Value.LaterDays);
                row.Add(o.Value.Amount);
            }, cancellation);
        _daysGone.Sort();
        await write.RemoveAsync(prefix + "stage_day", ["derivation", "day", "customer"], _daysGone, AddDay, cancellation);
        _days.Sort();
        await write.AppendAsync(prefix + "stage_day", ["derivation", "day", "customer"], _days, AddDay, cancellation);
        await write.RemoveAsync(prefix + "membership", ["derivation", "customer"], _gone, static (row, g) =>
        {
            row.Add(g.Derivation);
            row.Add(g.Customer);
        }, cancellation);
        _present.Sort((a, b) => (a.Derivation, a.Customer).CompareTo((b.Derivation, b.Customer)));
        await write.PutAsync(prefix + "membership", ["derivation", "customer"], ["stage", "since_time", "due_time"], _present, (row, p) =>
        {
            row.Add(p.Derivation);
            row.Add(p.Customer);
            row.Add(Ordinal(_models[p.Derivation], p.Present.Stage));
            row.Add(p.Present.Since);
            row.Add(p.Present.Due);
        }, cancellation);
    }

    static void AddDay(Row row, (int Derivation, int Day, long Customer) day)
    {
        row.Add(day.Derivation);
        row.Add(day.Day);
        row.Add(day.Customer);
    }
}
