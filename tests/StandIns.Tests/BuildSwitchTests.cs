using System.Diagnostics;
using System.Text.Json;

namespace Perennial.StandIns.Tests;

/// <summary>The switch from stand-ins to the true packages, asked of the build itself.</summary>
public sealed class BuildSwitchTests
{
    static readonly string[] Direct = ["Grpc.Net.Common", "System.IO.Hashing", "Microsoft.SqlServer.Server"];

    [Fact]
    public async Task Stand_ins_take_the_place_of_missing_packages()
        => Assert.Equal(Direct.Order(), (await StandInsAsync("false")).Order());

    [Fact]
    public async Task On_a_complete_feed_one_property_removes_them_all()
        => Assert.Empty(await StandInsAsync("true"));

    /// <summary>Names of the stand-ins among the project references of this very project.</summary>
    static async Task<string[]> StandInsAsync(string upstream)
    {
        var project = Path.Combine(Repository.Root, "tests", "StandIns.Tests", "StandIns.Tests.csproj");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "msbuild", project, "-nologo", "-getItem:ProjectReference", $"-p:UseUpstreamPackages={upstream}" }) start.ArgumentList.Add(argument);
        using var build = Process.Start(start)!;
        var error = build.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(build.ExitCode == 0, output + await error);

        using var json = JsonDocument.Parse(output);
        return
        [
            .. json.RootElement.GetProperty("Items").GetProperty("ProjectReference").EnumerateArray()
                .Select(reference => reference.GetProperty("FullPath").GetString()!)
                .Where(path => path.Contains("stand-ins", StringComparison.Ordinal))
                .Select(path => Path.GetFileNameWithoutExtension(path)),
        ];
    }
}
