using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Perennial.Sdks.Tests;

/// <summary>The snippets of docs/SDKS.md do what they say, as they stand there.</summary>
public sealed class DocumentedTests(Platform platform)
{
    [Theory]
    [InlineData("@segment/analytics-node", "Order Completed")]
    [InlineData("@rudderstack/rudder-sdk-node", "Product Viewed")]
    [InlineData("@jitsu/js", "Product Added")]
    [InlineData("@dittofeed/sdk-node", "")]
    public async Task A_snippet_for_Node_records_its_event(string package, string expected)
    {
        Sdk.NeedsNode();
        var snippet = Snippets("js").Single(s => s.Contains($"\"{package}\"", StringComparison.Ordinal));
        await RecordsAsync(snippet, expected, text => new ProcessStartInfo("node", ["--input-type=module", "--eval", text]) { WorkingDirectory = Sdk.Folder });
    }

    [Fact]
    public async Task The_snippet_for_curl_records_its_event()
        => await RecordsAsync(Snippets("sh").Single(), "Order Completed", text => new ProcessStartInfo("sh", ["-c", text]));

    async Task RecordsAsync(string snippet, string expected, Func<string, ProcessStartInfo> start)
    {
        var run = "docs" + Guid.NewGuid().ToString("N")[..8];
        var text = snippet.Replace("http://127.0.0.1:8080", platform.Gateway.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace("YOUR_KEY", platform.Gateway.Key, StringComparison.Ordinal)
            .Replace("customer-1", run + "-1", StringComparison.Ordinal);
        var info = start(text);
        info.RedirectStandardError = info.RedirectStandardOutput = true;
        Process process;
        try
        {
            process = Process.Start(info)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{info.FileName} is not installed");
            return;
        }
        using (process)
        {
            var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipWhen(process.ExitCode == 127, "curl is not installed");
            Assert.True(process.ExitCode == 0, await errors + await said);
        }
        var call = Stored.InTheSendersWords(Assert.Single(await platform.ReadAsync(run)).Event);
        Assert.Equal((run + "-1", expected), (call["userId"]!.GetValue<string>(), call["event"]?.GetValue<string>() ?? ""));
    }

    static IEnumerable<string> Snippets(string language)
        => Regex.Matches(File.ReadAllText(Path.Combine(Sdk.Root, "docs", "SDKS.md")), $"^```{language}\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline).Select(m => m.Groups[1].Value);
}
