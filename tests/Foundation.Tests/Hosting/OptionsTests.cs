using System.Globalization;
using Microsoft.Extensions.Configuration;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Tests.Hosting;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789abcdef0123456789abcdef and more")]
    public void A_service_token_is_long_or_absent(string token)
        => Assert.Equal(token, Read<AccessOptions>("Access:ServiceToken", token).ServiceToken);

    [Fact]
    public void A_short_service_token_is_refused()
        => Assert.Contains("32", Assert.Throws<StartException>(() => Read<AccessOptions>("Access:ServiceToken", "0123456789abcdef0123456789abcde")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("sqlite", "", true)]
    [InlineData("sqlserver", "", false)]
    [InlineData("SqlServer", "auto", true)]
    [InlineData("SQLite", "CHECK", false)]
    public void A_store_migrates_itself_unless_a_person_does(string kind, string migrate, bool itself)
        => Assert.Equal(itself, Read<StoreOptions>(("Store:Kind", kind), ("Store:Migrate", migrate)).MigratesAtStart);

    [Theory]
    [InlineData("Store:Kind", "oracle")]
    [InlineData("Store:Kind", "sqlite3")]
    [InlineData("Store:Migrate", "never")]
    public void An_unknown_word_is_refused(string key, string value) => Assert.Throws<StartException>(() => Read<StoreOptions>(key, value));

    [Theory]
    [InlineData("-2")]
    [InlineData("65536")]
    public void A_port_outside_of_its_range_is_refused(string port) => Assert.Throws<StartException>(() => Read<ListenOptions>("Listen:Port", port));

    [Fact]
    public void A_house_that_others_can_reach_needs_a_token()
    {
        var error = Assert.Throws<StartException>(() => TestServer.House.CreateBuilder(["--Listen:Address=0.0.0.0"]));

        Assert.Contains("PERENNIAL_Access__ServiceToken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_can_start_at_another_instant()
    {
        var start = DateTimeOffset.Parse("2011-12-09T23:59:59Z", CultureInfo.InvariantCulture);

        var clock = Read<ClockOptions>("Clock:Now", "2011-12-09T23:59:59Z").Create();

        Assert.InRange(clock.GetUtcNow(), start, start.AddMinutes(1));
        Assert.Throws<StartException>(() => Read<ClockOptions>("Clock:Now", "yesterday").Create());
    }

    [Fact]
    public void Clocks_that_began_together_show_the_same_whenever_they_were_made()
    {
        var began = DateTimeOffset.UtcNow.AddHours(-1);

        var clock = Read<ClockOptions>(("Clock:Now", "2011-12-09T23:59:59Z"), ("Clock:Since", began.ToString("O", CultureInfo.InvariantCulture))).Create();

        var hourLater = new DateTimeOffset(2011, 12, 10, 0, 59, 59, TimeSpan.Zero);
        Assert.InRange(clock.GetUtcNow(), hourLater, hourLater.AddMinutes(1));
        Assert.Contains("Clock:Since", Assert.Throws<StartException>(() => Read<ClockOptions>(("Clock:Now", "2011-12-09"), ("Clock:Since", "then")).Create()).Message, StringComparison.Ordinal);
    }

    static T Read<T>(string key, string value) where T : class, new() => Read<T>((key, value));

    static T Read<T>(params (string Key, string Value)[] settings) where T : class, new()
        => new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value)).Build().Checked<T>(settings[0].Key.Split(':')[0]);
}
