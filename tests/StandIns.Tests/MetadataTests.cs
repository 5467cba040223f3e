using Grpc.Core;

namespace Perennial.StandIns.Tests;

public sealed class MetadataTests
{
    static Metadata Two => new() { { "a", "1" }, { "b-bin", [7] }, { "A", "2" } };

    [Theory]
    [InlineData("X-Abc", "x-abc")]
    [InlineData("a_b.c-d0", "a_b.c-d0")]
    [InlineData("", "")]
    [InlineData("grpc-x", "grpc-x")]
    public void A_key_is_lower_case(string key, string kept) => Assert.Equal(kept, new Metadata.Entry(key, "v").Key);

    [Theory]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData(":path")]
    [InlineData("a/b")]
    [InlineData("a%b")]
    [InlineData("a\tb")]
    [InlineData("ünïcode")]
    public void A_key_has_no_other_characters(string key) => Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "v"));

    [Fact]
    public void The_suffix_says_whether_a_value_is_text_or_bytes()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("x-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("x", [1]));
        Assert.True(new Metadata.Entry("X-BIN", [1]).IsBinary);
        Assert.False(new Metadata.Entry("x", "text").IsBinary);
    }

    [Fact]
    public void Nothing_may_be_null()
    {
        Assert.Throws<ArgumentNullException>(() => new Metadata.Entry(null!, "v"));
        Assert.Throws<ArgumentNullException>(() => new Metadata.Entry("k", (string)null!));
        Assert.Throws<ArgumentNullException>(() => new Metadata.Entry("k-bin", (byte[])null!));
        Assert.Throws<ArgumentNullException>(() => new Metadata().Add(null!));
    }

    [Fact]
    public void Text_can_be_read_as_bytes_but_bytes_not_as_text()
    {
        Assert.Equal("hi"u8.ToArray(), new Metadata.Entry("a", "hi").ValueBytes);
        Assert.Throws<InvalidOperationException>(() => new Metadata.Entry("a-bin", [1]).Value);
    }

    [Fact]
    public void Bytes_are_copied_on_the_way_in_and_out()
    {
        byte[] bytes = [1];
        var entry = new Metadata.Entry("a-bin", bytes);

        bytes[0] = 2;
        entry.ValueBytes[0] = 3;

        Assert.Equal([1], entry.ValueBytes);
    }

    [Fact]
    public void An_entry_describes_itself()
    {
        Assert.Equal("[Entry: key=a, value=hi]", new Metadata.Entry("a", "hi").ToString());
        Assert.Equal("[Entry: key=a-bin, valueBytes=System.Byte[]]", new Metadata.Entry("a-bin", [1]).ToString());
    }

    [Fact]
    public void The_last_of_several_counts()
    {
        Assert.Equal("2", Two.GetValue("a"));
        Assert.Equal("2", Two.Get("A")!.Value);
        Assert.Equal(["1", "2"], Two.GetAll("a").Select(entry => entry.Value));
        Assert.Equal("2"u8.ToArray(), Two.GetValueBytes("a"));
    }

    [Fact]
    public void What_is_not_there_is_null()
    {
        Assert.Null(Two.Get("c"));
        Assert.Null(Two.GetValue("c"));
        Assert.Null(Two.GetValueBytes("c-bin"));
        Assert.Empty(Two.GetAll("c"));
    }

    [Fact]
    public void It_is_a_list_in_the_order_of_its_entries()
    {
        var metadata = Two;
        var first = metadata[0];

        metadata.Insert(0, new Metadata.Entry("zero", "0"));
        Assert.Equal((1, true, 4), (metadata.IndexOf(first), metadata.Contains(first), metadata.Count));
        metadata.RemoveAt(0);
        Assert.True(metadata.Remove(first));
        Assert.False(metadata.Remove(first));
        metadata[0] = new Metadata.Entry("z", "9");
        var copy = new Metadata.Entry[2];
        metadata.CopyTo(copy, 0);

        Assert.Equal(["z", "a"], copy.Select(entry => entry.Key));
        Assert.Throws<ArgumentOutOfRangeException>(() => metadata[5]);
        metadata.Clear();
        Assert.Empty(metadata);
    }

    [Fact]
    public void The_empty_one_stays_empty()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
        Assert.Throws<InvalidOperationException>(Metadata.Empty.Clear);
        Assert.False(new Metadata().IsReadOnly);
    }
}
