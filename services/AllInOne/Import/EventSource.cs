using System.Globalization;
using System.Text;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Import;

/// <summary>The events of an NDJSON file, read as they are sent. The checkpoint is the number of lines read; facts go with their lines.</summary>
internal sealed class EventSource(ImportFile file) : IImportSource
{
    /// <summary>Of one line: an event has at most 32 KiB encoded, and JSON takes several times that.</summary>
    const int LineBytesMax = 1024 * 1024;

    /// <summary>Refused lines that are told one by one; the rest is counted.</summary>
    const int RefusedMax = 1_000;

    /// <summary>Lines of one chunk, so that one without any event is committed too.</summary>
    const int LinesMax = 10_000;

    // By line: a connection that broke makes some be read again.
    readonly SortedDictionary<long, RefusedRow> _refused = [];

    /// <summary>Lines that are no event, the first of them.</summary>
    public IReadOnlyCollection<RefusedRow> Refused => _refused.Values;

    public IEnumerable<SourceChunk> From(long checkpoint)
    {
        using var lines = new LineReader(file.Read(out var position), LineBytesMax);
        var line = 0L;
        while (line < checkpoint && Read(lines, line)) line++;
        var chunk = new EventChunk(checkpoint);
        while (Read(lines, line))
        {
            line++;
            if (chunk.Add(line, lines) is { } refused && _refused.Count < RefusedMax) _refused[line] = refused;
            if (!chunk.IsFull && line - chunk.Checkpoint < LinesMax) continue;
            yield return new SourceChunk(chunk.Close(line, done: false), line, (double)position() / Math.Max(1, file.Length));
            chunk = new EventChunk(line);
        }
        yield return new SourceChunk(chunk.Close(Math.Max(line, chunk.Checkpoint + 1), done: true), line, 1);
    }

    static bool Read(LineReader lines, long line)
    {
        try
        {
            return lines.Read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new StartException(string.Create(CultureInfo.InvariantCulture, $"the file cannot be read after line {line}: {e.Message.TrimEnd('.')}. What comes before is recorded."), e);
        }
    }

    /// <summary>One chunk in the making.</summary>
    sealed class EventChunk(long checkpoint)
    {
        readonly ImportChunk _chunk = new() { Checkpoint = checkpoint };
        readonly Dictionary<string, long> _facts = new() { [RowFacts.Rows] = 0, [RowFacts.RowsRefused] = 0, ["without_time"] = 0 };
        int _bytes;

        public long Checkpoint => checkpoint;

        public bool IsFull => _bytes >= ChunkLimits.BytesMax || _chunk.Events.Count >= ChunkLimits.EventsMax;

        /// <summary>What is wrong with the line, if anything.</summary>
        public RefusedRow? Add(long line, LineReader lines)
        {
            if (!lines.IsTooLong && IsBlank(lines.Line.Span)) return null;
            _facts[RowFacts.Rows]++;
            var text = line == 1 && lines.Line.Span.StartsWith(Encoding.UTF8.Preamble) ? lines.Line[Encoding.UTF8.Preamble.Length..] : lines.Line;
            var (e, fault) = lines.IsTooLong ? (null, $"is longer than {LineBytesMax} bytes") : EventLine.Read(text);
            if (e is null)
            {
                _facts[RowFacts.RowsRefused]++;
                return new RefusedRow(line, "", fault);
            }
            if (e.Timestamp is null) _facts["without_time"]++;
            _chunk.Events.Add(e);
            _bytes += e.CalculateSize();
            return null;
        }

        public ImportChunk Close(long next, bool done)
        {
            (_chunk.NextCheckpoint, _chunk.Done) = (next, done);
            _chunk.Facts.Add(_facts);
            return _chunk;
        }

        static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r\n"u8).IsEmpty;
    }
}
