using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Gateway.Transcoding;

namespace Perennial.Gateway.Tests.Transcoding;

public sealed class FieldsTests
{
    static string? Set(IMessage message, string path, params string[] texts) => texts.Select(t => Fields.Set(message, path, t)).FirstOrDefault(p => p is not null);

    [Fact]
    public void Reaches_inside_and_keeps_what_is_there()
    {
        var e = new Event();
        Assert.Null(Set(e, "orderCompleted.amounts.total.units", "12"));
        Assert.Null(Set(e, "order_completed.amounts.total.nanos", "500000000"));
        Assert.Null(Set(e, "order_completed.order_id", "o-1"));
        Assert.Equal(new OrderCompleted { OrderId = "o-1", Amounts = new OrderAmounts { Total = new Money { Units = 12, Nanos = 500_000_000 } } }, e.OrderCompleted);
    }

    [Fact]
    public void Repeated_fields_collect()
    {
        var play = new Play();
        Assert.Null(Set(play, "stages", "new", "loyal"));
        Assert.Equal(["new", "loyal"], play.Stages);
    }

    [Theory]
    [InlineData("CHANNEL_SMS", Channel.Sms)]
    [InlineData("3", Channel.Sms)]
    public void Enums_by_name_or_number(string text, Channel expected)
    {
        var alternative = new Alternative();
        Assert.Null(Set(alternative, "channel", text));
        Assert.Equal(expected, alternative.Channel);
    }

    [Fact]
    public void Optional_wrapped_and_well_known_values()
    {
        var conditions = new PlayConditions();
        Assert.Null(Set(conditions, "min_value", "0"));
        Assert.True(conditions.HasMinValue);

        var shelf = new Shelf();
        Assert.Null(Set(shelf, "width", "0.5"));
        Assert.Equal(0.5, shelf.Width);
        Assert.Null(Set(shelf, "label", ""));
        Assert.Equal("", shelf.Label);
        Assert.Null(Set(shelf, "mask", "label,width"));
        Assert.Equal(["label", "width"], shelf.Mask.Paths);

        var progress = new FeedProgress();
        Assert.Null(Set(progress, "silence", "1.5s"));
        Assert.Equal(Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5)), progress.Silence);
        Assert.Null(Set(progress, "lag_events", "9007199254740993"));
        Assert.Equal(9007199254740993, progress.LagEvents);

        var action = new NextAction();
        Assert.Null(Set(action, "as_of", "2011-12-09T23:59:59+01:00"));
        Assert.Equal(new DateTime(2011, 12, 9, 22, 59, 59, DateTimeKind.Utc), action.AsOf.ToDateTime());
    }

    [Theory]
    [InlineData("aGk_", true)]
    [InlineData("aGk/", true)]
    [InlineData("aGk", true)]
    [InlineData("aGk=", true)]
    [InlineData("a", false)]
    [InlineData("***", false)]
    public void Bytes_in_either_alphabet(string text, bool right)
    {
        var any = new Any();
        Assert.Equal(right, Set(any, "value", text) is null);
    }

    [Theory]
    [InlineData("channel", "TELEGRAM", "must be one of CHANNEL_UNSPECIFIED, CHANNEL_EMAIL")]
    [InlineData("channel", "99", "must be one of")]
    [InlineData("plays", "x", "is not a field of Alternative: 'plays' is none of play, strategy, action, channel")]
    [InlineData("play.x", "x", "is not a field of Alternative")]
    public void Says_what_would_be_right(string path, string text, string expected)
        => Assert.StartsWith(expected, Set(new Alternative(), path, text), StringComparison.Ordinal);

    [Theory]
    [InlineData("units", "1.5")]
    [InlineData("units", "9223372036854775808")]
    [InlineData("nanos", "x")]
    [InlineData("nanos", "")]
    public void Numbers_out_of_range_or_shape_are_refused(string path, string text)
        => Assert.Contains("whole number", Set(new Money(), path, text), StringComparison.Ordinal);

    [Theory]
    [InlineData("width", "wide")]
    [InlineData("small", "-1")]
    [InlineData("ratio", "x")]
    [InlineData("tags", "x")]
    public void What_a_shelf_cannot_be_is_refused(string path, string text) => Assert.NotNull(Set(new Shelf(), path, text));

    [Theory]
    [InlineData("small", "4294967295")]
    [InlineData("large", "18446744073709551615")]
    [InlineData("ratio", "1.5")]
    [InlineData("open", "true")]
    public void Every_kind_of_number_and_flag_is_read(string path, string text)
    {
        var shelf = new Shelf();
        Assert.Null(Set(shelf, path, text));
        Assert.Contains(text, JsonFormatter.Default.Format(shelf), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_without_a_text_form_are_refused()
        => Assert.Contains("text form of google.type.Money", Set(new NextAction(), "cost", "12"), StringComparison.Ordinal);
}
