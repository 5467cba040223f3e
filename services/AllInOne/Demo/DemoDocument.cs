using Perennial.Foundation.Grpc;
using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Perennial.Campaigns.V1;
using Perennial.Segmentation.V1;

namespace Perennial.AllInOne.Demo;

/// <summary>
/// The demo as one JSON document: <c>counts</c> (one per day, <c>asOf</c> and customers per stage), <c>models</c> (the last day in the other families of models) with
/// the <c>population</c> that they are measured against, <c>customers</c>, and <c>timings</c> in milliseconds.
/// </summary>
internal static class DemoDocument
{
    static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(DemoAnswers answers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteStartArray("counts");
            foreach (var (day, counts) in answers.Counts) WriteCounts(json, day, counts);
            json.WriteEndArray();
            json.WriteStartArray("models");
            foreach (var other in answers.Others) WriteModel(json, other);
            json.WriteEndArray();
            json.WriteStartObject("population");
            json.WriteNumber("lapseDays", answers.Population.LapseDays);
            json.WriteNumber("averageSpend", answers.Population.AverageSpend.ToDecimal());
            json.WriteEndObject();
            json.WriteStartArray("customers");
            foreach (var (lifecycle, action) in answers.Customers) WriteCustomer(json, lifecycle, action);
            json.WriteEndArray();
            WriteTimings(json, answers.Timings);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static void WriteModel(Utf8JsonWriter json, StageCounts counts)
    {
        json.WriteStartObject();
        json.WriteString("model", counts.Model);
        json.WriteStartObject("stages");
        foreach (var stage in counts.Stages) json.WriteNumber(stage.Stage, stage.CustomerCount);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteCounts(Utf8JsonWriter json, DateOnly day, StageCounts counts)
    {
        json.WriteStartObject();
        json.WriteString("asOf", day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteStartObject("stages");
        foreach (var stage in counts.Stages) json.WriteNumber(stage.Stage, stage.CustomerCount);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteCustomer(Utf8JsonWriter json, CustomerLifecycle customer, NextAction action)
    {
        json.WriteStartObject();
        json.WriteString("customer", customer.Customer);
        json.WriteString("stage", customer.Stage);
        WriteTime(json, "since", customer.SinceTime);
        json.WriteString("why", customer.Why.Rule);
        json.WriteNumber("orderCount", customer.Why.OrderCount);
        if (customer.Why.HasDaysSinceLastOrder) json.WriteNumber("daysSinceLastOrder", customer.Why.DaysSinceLastOrder);
        json.WriteNumber("value", customer.Value.ToDecimal());
        json.WriteString("currency", customer.Value?.CurrencyCode ?? DemoSample.Currency);
        if (customer.WhatNext is { } next) WriteNext(json, next);
        else json.WriteNull("next");
        WriteAction(json, action);
        json.WriteEndObject();
    }

    static void WriteNext(Utf8JsonWriter json, NextStage next)
    {
        json.WriteStartObject("next");
        json.WriteString("stage", next.Stage);
        WriteTime(json, "time", next.ChangeTime);
        json.WriteString("date", next.ChangeDate);
        json.WriteString("summary", next.Summary);
        json.WriteEndObject();
    }

    static void WriteAction(Utf8JsonWriter json, NextAction action)
    {
        json.WriteStartObject("action");
        json.WriteString("play", action.Play);
        json.WriteString("strategy", action.Strategy);
        json.WriteString("action", action.Action);
        json.WriteString("channel", action.Channel.Name());
        json.WriteNumber("cost", action.Cost.ToDecimal());
        json.WriteString("currency", action.Cost?.CurrencyCode is { Length: > 0 } currency ? currency : DemoSample.Currency);
        json.WriteString("reason", action.Reason);
        json.WriteEndObject();
    }

    static void WriteTimings(Utf8JsonWriter json, DemoTimings timings)
    {
        json.WriteStartObject("timings");
        json.WriteNumber("start", Millis(timings.Start));
        json.WriteNumber("import", Millis(timings.Import));
        json.WriteNumber("catchUp", Millis(timings.CatchUp));
        json.WriteNumber("questions", Millis(timings.Questions));
        json.WriteNumber("total", Millis(timings.Total));
        json.WriteEndObject();
    }

    static void WriteTime(Utf8JsonWriter json, string name, Timestamp? time)
    {
        if (time is null) json.WriteNull(name);
        else json.WriteString(name, time.ToDateTime());
    }

    static long Millis(TimeSpan time) => (long)time.TotalMilliseconds;
}
