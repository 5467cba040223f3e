using Spectre.Console;
using Spectre.Console.Rendering;

namespace Perennial.AllInOne;

/// <summary>Standard output and standard error, or what stands for them.</summary>
internal sealed record Streams(TextWriter Out, TextWriter Error)
{
    public static Streams Standard => new(Console.Out, Console.Error);
}

/// <summary>Where a command shows people how far it is and what came of it: bars and lines on a terminal, plain text elsewhere.</summary>
internal sealed class Screen
{
    const int PlainWidth = 120;
    readonly IAnsiConsole _console;
    readonly TextWriter _writer;
    readonly bool _isTerminal;

    /// <param name="toError">True when standard output belongs to a document.</param>
    public Screen(Streams streams, bool toError)
    {
        _writer = toError ? streams.Error : streams.Out;
        _isTerminal = toError ? _writer == Console.Error && !Console.IsErrorRedirected : _writer == Console.Out && !Console.IsOutputRedirected;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(_writer),
            Ansi = _isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = _isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = _isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!_isTerminal) _console.Profile.Width = PlainWidth;
    }

    public void Line(string text = "") => _writer.WriteLine(text);

    public void Write(IRenderable what) => _console.Write(what);

    /// <summary>Runs work that tells which share of it is done, 0 to 1.</summary>
    public Task ProgressAsync(string what, Func<Action<double>, Task> work) => ProgressAsync(what, async done =>
    {
        await work(done);
        return true;
    });

    /// <inheritdoc cref="ProgressAsync(string, Func{Action{double}, Task})"/>
    public async Task<T> ProgressAsync<T>(string what, Func<Action<double>, Task<T>> work)
    {
        if (_isTerminal) return await _console.Progress().Columns(Columns).StartAsync(progress => ShowAsync(progress, what, work));
        Line(what + " ...");
        return await work(_ => { });
    }

    static ProgressColumn[] Columns => [new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()];

    static async Task<T> ShowAsync<T>(ProgressContext progress, string what, Func<Action<double>, Task<T>> work)
    {
        var task = progress.AddTask(Markup.Escape(what));
        var result = await work(share => task.Value = share * task.MaxValue);
        task.Value = task.MaxValue;
        return result;
    }
}
