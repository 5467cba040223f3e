using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Perennial.Gateway.Webhooks;

namespace Perennial.Gateway.Tests.Webhooks;

public sealed class RetryScheduleTests
{
    static RetrySchedule Of(WebhookOptions options) => new(Options.Create(options));

    [Theory]
    [InlineData(1, "00:00:05")]
    [InlineData(2, "00:05:00")]
    [InlineData(3, "00:30:00")]
    [InlineData(4, "02:00:00")]
    [InlineData(5, "05:00:00")]
    [InlineData(6, "10:00:00")]
    [InlineData(7, "14:00:00")]
    [InlineData(8, "20:00:00")]
    [InlineData(9, "1.00:00:00")]
    [InlineData(10, null)]
    public void Waits_as_Standard_Webhooks_recommends_and_then_gives_up(int attempts, string? wait)
        => Assert.Equal(wait is null ? null : TimeSpan.Parse(wait, System.Globalization.CultureInfo.InvariantCulture), Of(new WebhookOptions()).Wait(attempts, null, 0));

    [Fact]
    public void Jitter_only_lengthens_and_no_more_than_by_its_share()
    {
        var schedule = Of(new WebhookOptions { RetrySeconds = "100", JitterPercent = 10 });
        Assert.Equal(TimeSpan.FromSeconds(105), schedule.Wait(1, null, 0.5));
        Assert.InRange(schedule.Wait(1, null, 0.999)!.Value.TotalSeconds, 109, 110);
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(60, 60)]
    [InlineData(1_000_000, 3_600)]
    public void Retry_After_lengthens_a_wait_up_to_a_limit_and_never_shortens_one(int asked, int wait)
        => Assert.Equal(TimeSpan.FromSeconds(wait), Of(new WebhookOptions { RetrySeconds = "5", RetryAfterSecondsMax = 3_600 }).Wait(1, TimeSpan.FromSeconds(asked), 0));

    [Theory]
    [InlineData("5, 10,20", true)]
    [InlineData("0", true)]
    [InlineData("", false)]
    [InlineData("5,,6", false)]
    [InlineData("-1", false)]
    [InlineData("1.5", false)]
    [InlineData("604801", false)]
    public void A_schedule_that_cannot_be_read_stops_the_start(string seconds, bool right)
    {
        var options = new WebhookOptions { RetrySeconds = seconds };
        Assert.Equal(right, Validator.TryValidateObject(options, new ValidationContext(options), [], true));
    }
}
