using System.Diagnostics;
using System.Globalization;

namespace Perennial.AllInOne.Import;

/// <summary>Tells people how far an import is: on a terminal one line that is written over, elsewhere, where asked for, a line each second.</summary>
internal sealed class ImportProgress(TextWriter error, bool isTerminal)
{
    static readonly TimeSpan TerminalPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LinePause = TimeSpan.FromSeconds(1);

    readonly long _started = Stopwatch.GetTimestamp();
    double? _shareAtStart;
    TimeSpan _last = -LinePause;
    long _events;
    int _width;

    /// <summary>Null where nobody looks: standard error goes somewhere else and <paramref name="asked"/> is false.</summary>
    public static ImportProgress? For(TextWriter error, bool asked)
    {
        var isTerminal = error == Console.Error && !Console.IsErrorRedirected;
        return isTerminal || asked ? new ImportProgress(error, isTerminal) : null;
    }

    public void Report(SourceChunk sent)
    {
        _events += sent.Chunk.Events.Count;
        var elapsed = Stopwatch.GetElapsedTime(_started);
        // What an earlier run had done says nothing about the pace of this one.
        _shareAtStart ??= sent.Share;
        if (!sent.Chunk.Done && elapsed - _last < (isTerminal ? TerminalPause : LinePause)) return;
        _last = elapsed;
        Write(Text(sent.Rows, _events, sent.Share, Remaining(sent.Share, elapsed), elapsed), sent.Chunk.Done);
    }

    internal static string Text(long rows, long events, double share, TimeSpan? remaining, TimeSpan elapsed) => string.Create(CultureInfo.InvariantCulture,
        $"{rows:N0} rows, {events / Math.Max(0.001, elapsed.TotalSeconds):N0} events/s, {share * 100:F0} %{(remaining is { } left ? $", {(left.TotalHours >= 1 ? left.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture) : left.ToString(@"m\:ss", CultureInfo.InvariantCulture))} left" : "")}");

    TimeSpan? Remaining(double share, TimeSpan elapsed) => share > _shareAtStart ? elapsed * ((1 - share) / (share - _shareAtStart.Value)) : null;

    void Write(string line, bool done)
    {
        if (!isTerminal)
        {
            error.WriteLine(line);
            return;
        }
        error.Write('\r' + line.PadRight(_width));
        _width = line.Length;
        if (done) error.WriteLine();
    }
}
