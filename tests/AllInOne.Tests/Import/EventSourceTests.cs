using System.IO.Compression;
using System.Text;
using Perennial.AllInOne.Import;

namespace Perennial.AllInOne.Tests.Import;

public sealed class EventSourceTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64 * 1024)]
    public void Reads_lines_however_the_stream_hands_them_over(int piece)
    {
        using var lines = new LineReader(new Pieces("a\r\nbb\n\nccc"u8.ToArray(), piece), lineBytesMax: 100);
        List<string> read = [];
        while (lines.Read()) read.Add(Encoding.UTF8.GetString(lines.Line.Span));
        Assert.Equal(["a", "bb", "", "ccc"], read);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public void Passes_over_a_line_that_is_too_long(int piece)
    {
        using var lines = new LineReader(new Pieces(Encoding.UTF8.GetBytes("a\n" + new string('x', 500) + "\nb\n" + new string('y', 500)), piece), lineBytesMax: 100);
        List<string> read = [];
        while (lines.Read()) read.Add(lines.IsTooLong ? "long" : Encoding.UTF8.GetString(lines.Line.Span));
        Assert.Equal(piece < 500 ? ["a", "long", "b", "long"] : ["a"], read);
    }

    [Fact]
    public void Goes_on_at_any_checkpoint_with_the_same_events()
    {
        var source = new EventSource(File(Enumerable.Range(0, 2_500).Select(i => $$$"""{"messageId":"m{{{i}}}","userId":"u","pageViewed":{}}""")));
        var whole = source.From(0).ToList();
        Assert.Equal([(0L, 1_000L, false), (1_000, 2_000, false), (2_000, 2_500, true)], whole.Select(c => (c.Chunk.Checkpoint, c.Chunk.NextCheckpoint, c.Chunk.Done)));
        Assert.Equal(1, whole[^1].Share);
        foreach (var from in (int[])[1, 999, 1_000, 2_499, 2_500])
        {
            var rest = source.From(from).ToList();
            Assert.Equal(Enumerable.Range(from, 2_500 - from).Select(i => $"m{i}"), rest.SelectMany(c => c.Chunk.Events).Select(e => e.MessageId));
            Assert.True(rest[^1].Chunk.Done && rest[^1].Chunk.NextCheckpoint > from);
        }
    }

    [Fact]
    public void Ends_an_empty_file_with_a_chunk_that_is_done()
    {
        var chunk = Assert.Single(new EventSource(File([" "])).From(0)).Chunk;
        Assert.True(chunk.Done && chunk.NextCheckpoint == 1 && chunk.Events.Count == 0);
    }

    [Fact]
    public void Tells_a_format_and_gzip_by_the_content()
    {
        var path = Path.Combine(_folder, "anything.csv");
        using (var gzip = new GZipStream(System.IO.File.Create(path), CompressionMode.Compress)) gzip.Write("\uFEFF \n{\"type\":\"identify\"}"u8);
        using var file = ImportFile.Open(path);
        Assert.Equal(ImportFormat.Ndjson, file.Format);
        Assert.StartsWith("anything-csv-", file.ImportId("x"), StringComparison.Ordinal);
        Assert.NotEqual(file.ImportId("x"), file.ImportId("y"));
        Assert.True(file.ImportId("x").Length <= 63);
    }

    [Fact]
    public void Gives_the_same_line_the_same_id_and_another_line_another()
    {
        static string Id(string line) => EventLine.Read(Encoding.UTF8.GetBytes(line)).Event!.MessageId;
        const string Line = """{"type":"page","userId":"u","timestamp":"2026-01-01T00:00:00Z"}""";
        Assert.Equal(Id(Line), Id(Line));
        Assert.Matches("^import:[0-9a-f]{32}$", Id(Line));
        Assert.NotEqual(Id(Line), Id(Line.Replace("2026", "2025", StringComparison.Ordinal)));
        Assert.Equal("m", Id("""{"type":"page","userId":"u","messageId":"m"}"""));
    }

    ImportFile File(IEnumerable<string> lines)
    {
        var path = Path.Combine(_folder, "events.ndjson");
        System.IO.File.WriteAllLines(path, lines);
        return ImportFile.Open(path);
    }

    /// <summary>A stream that hands over a few bytes at a time.</summary>
    sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(piece, buffer.Length)]);
    }
}
