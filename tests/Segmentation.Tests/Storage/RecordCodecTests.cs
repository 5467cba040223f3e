using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Tests.Data;
using Perennial.Segmentation.Workers;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class RecordCodecTests
{
    static readonly string[] Ids =
    [
        "", "m", "0198a3c1-5f2e-7b1a-9c3d-0123456789ab", "0198A3C1-5F2E-7B1A-9C3D-0123456789AB", "00000000-0000-0000-0000-000000000000", "+1234567-0000-0000-0000-000000000000", "0x123456-0000-0000-0000-000000000000",
        "é\u2603𝄞 \"'\\", new string('x', 200), "0198a3c15f2e7b1a9c3d0123456789ab", "{0198a3c1-5f2e-7b1a-9c3d-0123456789}",
    ];

    static Gen<DateTimeOffset> Time() => Gen.OneOf(
        Gen.Elements(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMilliseconds(-1), Utc("1969-01-01"), Utc("9999-12-30T23:59:59.999Z"), Utc("0001-01-01")),
        Gen.Choose(0, int.MaxValue).Select(n => Utc("2000-01-01").AddMilliseconds(n * 617L)));

    static Gen<Known<T>[]> Entries<T>(Gen<T> what) =>
        from count in Gen.Choose(0, 6)
        from entries in Gen.ArrayOf(
            from entry in what
            from known in Time()
            from until in Gen.Choose(0, 10_000)
            select new Known<T>(entry, known, until % 2 == 0 || known > Utc("9000-01-01") ? Calendar.Forever : known.AddMilliseconds(until)), count)
        select entries;

    static Gen<decimal?> Amount() => Gen.OneOf(
        Gen.Elements<decimal?>(null, 0m, 0.0001m, -0.0001m, Events.AmountMax, -Events.AmountMax, 39.95m),
        Gen.Choose(int.MinValue, int.MaxValue).Select(n => (decimal?)(n / 10_000m)));

    static Gen<CustomerRecord> Records() =>
        from seen in Entries(Time())
        from left in Entries(Time())
        from facts in Entries(from kind in Gen.Elements(Enum.GetValues<FactKind>()) from time in Time() from id in Gen.Elements(Ids) from order in Gen.Elements(Ids) from amount in Amount() from currency in Gen.Elements("", "GBP", "XXX") select new Fact(kind, time, id, order, amount, currency))
        from activities in Entries(from kind in Gen.Elements(Enum.GetValues<ActivityKind>()) from time in Time() from id in Gen.Elements(Ids) from touch in Arbitrarily.Touch() select new Activity(kind, time, id, touch))
        from opinions in Entries(from kind in Gen.Elements(Enum.GetValues<OpinionKind>()) from time in Time() from id in Gen.Elements(Ids) from score in Amount() select new Opinion(kind, time, id, score))
        from traits in Entries(from said in Arbitrarily.Identifications() from time in Time() from id in Gen.Elements(Ids) select new Identification(time, id, [.. said.SelectMany(s => s.Traits).DistinctBy(t => t.Name)]))
        select new CustomerRecord { Seen = seen, Left = left, Facts = facts, Activities = activities, Opinions = opinions, Traits = traits };

    static void Hold(Func<CustomerRecord, bool> law) => Prop.ForAll(Records().ToArbitrary(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void A_record_comes_back_as_it_was_written()
        => Hold(r =>
        {
            Assert.Equal(Tables.Text(r), Tables.Text(RecordCodec.Read(RecordCodec.Write(r))));
            return true;
        });

    [Fact]
    public void Equal_records_are_equal_bytes()
        => Hold(r => RecordCodec.Write(RecordCodec.Read(RecordCodec.Write(r))).AsSpan().SequenceEqual(RecordCodec.Write(r)));

    [Fact]
    public void What_is_not_asked_for_is_passed_over()
        => Hold(r =>
        {
            var bytes = RecordCodec.Write(r);
            for (var sources = (Sources)0; sources <= Sources.All; sources++)
            {
                var expected = new CustomerRecord
                {
                    Seen = r.Seen,
                    Left = r.Left,
                    Facts = sources.HasFlag(Sources.Purchases) ? r.Facts : [],
                    Activities = sources.HasFlag(Sources.Activities) ? r.Activities : [],
                    Opinions = sources.HasFlag(Sources.Opinions) ? r.Opinions : [],
                    Traits = sources.HasFlag(Sources.Traits) ? r.Traits : [],
                };
                if (Tables.Text(RecordCodec.Read(bytes, sources)) != Tables.Text(expected)) return false;
            }
            return true;
        });

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(255)]
    public void A_format_that_is_not_known_is_refused_with_both_numbers(byte format)
    {
        var bytes = RecordCodec.Write(CustomerRecord.Empty);
        bytes[0] = format;
        var error = Assert.Throws<InvalidDataException>(() => RecordCodec.Read(bytes));
        Assert.Contains($"format {format}, and this version of the house reads 1 to 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_touch_takes_a_byte()
    {
        var record = CustomerRecord.Empty.With([new Sighting("shop", "user:ann", true, Utc("2024-01-01"), null) { Known = Utc("2024-01-02"), Activity = new(ActivityKind.Event, Utc("2024-01-01"), "m1") }]);
        var touched = CustomerRecord.Empty.With([new Sighting("shop", "user:ann", true, Utc("2024-01-01"), null) { Known = Utc("2024-01-02"), Activity = new(ActivityKind.Event, Utc("2024-01-01"), "m1", new Touch(TouchKind.Clicked, Channel.Service)) }]);
        Assert.Equal(RecordCodec.Write(record).Length + 1, RecordCodec.Write(touched).Length);
        Assert.Equal(new Touch(TouchKind.Clicked, Channel.Service), Assert.Single(RecordCodec.Read(RecordCodec.Write(touched)).Activities).What.Touch);
    }

    /// <summary>Formats are for ever: what a version has written, every later one reads.</summary>
    [Fact]
    public void The_bytes_of_a_format_do_not_change()
    {
        var known = Utc("2024-01-02");
        var record = new CustomerRecord
        {
            Seen = [new(Utc("2024-01-01"), known, Calendar.Forever)],
            Left = [],
            Facts = [new(new(FactKind.Ordered, Utc("2024-01-01"), "0198a3c1-5f2e-7b1a-9c3d-0123456789ab", "o1", 12.5m, "EUR"), known, known.AddSeconds(1)), new(new(FactKind.Refunded, Utc("2024-01-01T00:00:01Z"), "m2", "", null, ""), known, Calendar.Forever)],
            Activities = [new(new(ActivityKind.View, Utc("2024-01-01"), "m3"), known, Calendar.Forever)],
            Opinions = [new(new(OpinionKind.NpsAnswer, Utc("2024-01-01"), "m4", 9), known, Calendar.Forever)],
            Traits =
            [
                new(new(Utc("2024-01-01"), "m5", [new("age", FieldValue.Of(41.5m)), new("news", FieldValue.Of((bool?)true)), new("plan", FieldValue.Of("gold"))]), known, Calendar.Forever),
                new(new(Utc("2024-01-03"), "m6", [new("age", FieldValue.Of(41.5m)), new("news", FieldValue.Of((bool?)false)), new("plan", default)]), Utc("2024-01-03"), Calendar.Forever),
            ],
        };
        Assert.Equal(Bytes, Convert.ToHexStringLower(RecordCodec.Write(record)));
        Assert.Equal(Tables.Text(record), Tables.Text(RecordCodec.Read(Convert.FromHexString(Bytes))));
        // Formats before it had no traits, and the first no touches.
        var before = new CustomerRecord { Seen = record.Seen, Left = record.Left, Facts = record.Facts, Activities = record.Activities, Opinions = record.Opinions, Traits = [] };
        foreach (var format in (string[])["01", "02"]) Assert.Equal(Tables.Text(before), Tables.Text(RecordCodec.Read(Convert.FromHexString(format + BytesBefore))));
    }

    const string Bytes = "03" + BytesBefore + "4880d08fa5986380f0b2520000026d3503000361676502c0f5c92700046e657773040004706c616e0104676f6c6480e0e5a401000000026d36030100046e657773030004706c616e00";

    const string BytesBefore = "0b80d08fa5986380f0b25200003380d08fa5986380f0b252e9071cc1a398012e5f1a7b9c3d0123456789ab026f3190a10f03455552d00fb0e0b2520003026d32000f80d08fa5986380f0b2520003026d331280d08fa5986380f0b2520007026d34a0fe0a";

    [Fact]
    public void What_is_said_again_with_every_visit_takes_some_thirty_bytes()
    {
        Trait[] traits = [.. Enumerable.Range(0, 8).Select(n => new Trait($"trait number {n}", FieldValue.Of($"its value, which is {n}")))];
        CustomerRecord With(int times) => CustomerRecord.Empty.With(Enumerable.Range(0, times).Select(n => new Sighting("shop", "user:a", true, Utc("2024-01-01").AddHours(n), null) { Known = Utc("2024-01-01").AddHours(n).AddSeconds(2), Traits = new(Utc("2024-01-01").AddHours(n), Guid.CreateVersion7().ToString(), traits) }));
        Assert.InRange((RecordCodec.Write(With(101)).Length - RecordCodec.Write(With(1)).Length) / 100, 20, 36);
    }

    [Fact]
    public void An_order_with_ids_of_its_shop_takes_some_forty_bytes()
    {
        CustomerRecord With(int orders) => CustomerRecord.Empty.With(Enumerable.Range(0, orders).Select(n => new Sighting("shop", "user:a", true, Utc("2024-01-01").AddDays(n), new Fact(FactKind.Ordered, Utc("2024-01-01").AddDays(n), Guid.CreateVersion7().ToString(), $"order-{n:000000}", 39.95m, "")) { Known = Utc("2024-01-01").AddDays(n).AddSeconds(2) }));
        Assert.InRange((RecordCodec.Write(With(1_001)).Length - RecordCodec.Write(With(1)).Length) / 1_000, 30, 45);
    }
}
