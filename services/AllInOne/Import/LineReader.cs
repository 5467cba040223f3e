namespace Perennial.AllInOne.Import;

/// <summary>The lines of a text as bytes, without their ends. A line longer than the limit comes cut off, and is told.</summary>
internal sealed class LineReader(Stream stream, int lineBytesMax) : IDisposable
{
    byte[] _buffer = new byte[64 * 1024];
    int _start, _end;
    bool _ended;

    /// <summary>Valid until the next line is read.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    public bool IsTooLong { get; private set; }

    /// <summary>False at the end.</summary>
    public bool Read()
    {
        IsTooLong = false;
        for (var scanned = 0; ;)
        {
            var feed = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (feed >= 0) return Take(scanned + feed, 1);
            scanned = _end - _start;
            if (scanned > lineBytesMax)
            {
                IsTooLong = true;
                _start = _end;
                scanned = 0;
            }
            if (_ended) return (scanned > 0 || IsTooLong) && Take(scanned, 0);
            Fill();
        }
    }

    public void Dispose() => stream.Dispose();

    bool Take(int length, int feed)
    {
        var line = _buffer.AsMemory(_start, length);
        Line = IsTooLong ? default : line.Span.EndsWith("\r"u8) ? line[..^1] : line;
        _start += length + feed;
        return true;
    }

    void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = stream.Read(_buffer.AsSpan(_end));
        _end += read;
        _ended = read == 0;
    }
}
