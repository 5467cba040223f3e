using Perennial.Foundation.Grpc;
using System.Globalization;
using Perennial.Campaigns.V1;
using Perennial.Segmentation.V1;
using Spectre.Console;

namespace Perennial.AllInOne.Demo;

/// <summary>The demo as tables.</summary>
internal static class DemoReport
{
    public static void Write(DemoAnswers answers, Screen screen)
    {
        var (day, counts) = answers.Counts[0];
        screen.Line();
        screen.Line($"{DemoSample.Shop} at the end of {Day(day)}: {Count(counts.CustomerCount)} customers, by lifecycle stage");
        screen.Write(Stages(counts));
        if (answers.Counts.Count > 1)
        {
            screen.Line("Customers at the end of other days");
            screen.Write(OtherDays(answers.Counts));
        }
        screen.Line($"Moves between stages from {Day(answers.Flows.From)} to {Day(answers.Flows.To)}");
        screen.Write(Moves(answers.Flows.Flows));
        screen.Line($"The same customers in other models: {Learned(answers.Population)}");
        foreach (var other in answers.Others) screen.Write(Other(other));
        screen.Line("What to do next for ten of them");
        foreach (var (lifecycle, action) in answers.Customers) WriteCustomer(screen, lifecycle, action);
        screen.Line();
        screen.Line(Timings(answers.Timings));
    }

    static Table Stages(StageCounts counts)
    {
        var table = NewTable("stage", "customers", "share", "revenue " + DemoSample.Currency, "meaning");
        foreach (var column in new[] { 1, 2, 3 }) table.Columns[column].RightAligned();
        foreach (var stage in counts.Stages)
            table.AddRow(stage.Stage, Count(stage.CustomerCount), Share(stage.CustomerCount, counts.CustomerCount), Amount(stage.Value.ToDecimal()), Words.Meaning(stage.Stage));
        return table;
    }

    /// <summary>Figures that a shop's own orders say.</summary>
    static string Learned(Population population)
        => FormattableString.Invariant($"lapsed means {population.LapseDays} days without an order here, and an average customer is worth {Amount(population.AverageSpend.ToDecimal())} {DemoSample.Currency}, both learned from the orders");

    static Table Other(StageCounts counts)
    {
        var table = NewTable(counts.Model, "customers", "share", "revenue " + DemoSample.Currency);
        foreach (var column in table.Columns.Skip(1)) column.RightAligned();
        foreach (var stage in counts.Stages) table.AddRow(stage.Stage, Count(stage.CustomerCount), Share(stage.CustomerCount, counts.CustomerCount), Amount(stage.Value.ToDecimal()));
        return table;
    }

    static Table OtherDays(IReadOnlyList<(DateOnly Day, StageCounts Counts)> all)
    {
        var table = NewTable([.. all.Select(c => Day(c.Day)).Prepend("stage")]);
        foreach (var column in table.Columns.Skip(1)) column.RightAligned();
        foreach (var (stage, i) in all[0].Counts.Stages.Select((s, i) => (s.Stage, i)))
            table.AddRow([.. all.Select(c => Count(c.Counts.Stages[i].CustomerCount)).Prepend(stage)]);
        return table;
    }

    static Table Moves(StageFlows flows)
    {
        var table = NewTable("from", "to", "customers");
        table.Columns[2].RightAligned();
        foreach (var flow in flows.Flows.Where(f => f.FromStage != f.ToStage)) table.AddRow(flow.FromStage.Length == 0 ? "(first seen)" : flow.FromStage, flow.ToStage, Count(flow.CustomerCount));
        return table;
    }

    static void WriteCustomer(Screen screen, CustomerLifecycle customer, NextAction action)
    {
        var last = customer.Why.HasDaysSinceLastOrder ? $", the last {Plural(customer.Why.DaysSinceLastOrder, "day")} ago" : "";
        var currency = customer.Value?.CurrencyCode ?? DemoSample.Currency;
        screen.Line($"""

            {customer.Stage,-10} {customer.Customer}: {Plural(customer.Why.OrderCount, "order")}{last}, worth {Amount(customer.Value.ToDecimal())} {currency}; {customer.Stage} since {Time(customer.SinceTime)}
              why      {customer.Why.Rule}
              next     {customer.WhatNext?.Summary ?? "nothing changes by time alone"}
              do       {action.Action} ({action.Strategy}, by {action.Channel.Name()}, {Amount(action.Cost.ToDecimal())} {currency} a contact)
              because  {action.Reason}
            """);
    }

    static string Timings(DemoTimings timings)
        => FormattableString.Invariant($"{timings.Total.TotalSeconds:F1} s: start {timings.Start.TotalSeconds:F1}, import {timings.Import.TotalSeconds:F1}, catch up {timings.CatchUp.TotalSeconds:F1}, questions {timings.Questions.TotalSeconds:F1}");

    static Table NewTable(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Rounded, UseSafeBorder = false };
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)).NoWrap());
        return table;
    }

    static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    static string Time(Google.Protobuf.WellKnownTypes.Timestamp? time) => time is null ? "" : TimeZoneInfo.ConvertTime(time.ToDateTimeOffset(), DemoSample.Zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    static string Plural(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";
    static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
    static string Amount(decimal amount) => amount.ToString("N2", CultureInfo.InvariantCulture);
    static string Share(long part, long whole) => whole == 0 ? "" : ((double)part / whole).ToString("P1", CultureInfo.InvariantCulture);
}
