using FsCheck;
using FsCheck.Fluent;
using Perennial.EngagementTracking.Domain;

namespace Perennial.EngagementTracking.Tests.Domain;

public sealed class ScoreTests
{
    static readonly DateOnly Day = new(2026, 3, 10);

    [Theory]
    // kind, count, age in days, expected with the default weights and a half-life of 30 days
    [InlineData("Action", 1, 0, 2.0)]
    [InlineData("Action", 1, 30, 1.0)]
    [InlineData("Action", 1, 60, 0.5)]
    [InlineData("Action", 3, 30, 3.0)]
    [InlineData("Clicked", 1, 0, 1.0)]
    [InlineData("Visit", 4, 0, 1.0)]
    [InlineData("Opened", 10, 0, 1.0)]
    [InlineData("Sent", 1000, 0, 0.0)]
    [InlineData("Delivered", 1000, 0, 0.0)]
    [InlineData("Bounced", 1000, 0, 0.0)]
    [InlineData("Action", 1, -1, 0.0)]
    public void Sums_weight_times_two_to_the_minus_age_over_half_life(string kind, int count, int age, double expected)
        => Assert.Equal(expected, Score.At(Day, [Given.Touches(Day.AddDays(-age), Enum.Parse<TouchKind>(kind), count)], Given.Rules), 12);

    [Theory]
    [InlineData(1, 1, 0.5)]
    [InlineData(30, 0, 1.0)]
    [InlineData(30, 15, 0.70710678118654757)]
    [InlineData(3650, 3650, 0.5)]
    [InlineData(1, 5000, 0.0)]
    public void Decays_by_half_in_a_half_life(int halfLife, int age, double expected) => Assert.Equal(expected, Score.Decay(age, halfLife), 15);

    [Fact]
    public void Without_new_touches_a_score_only_falls_and_never_below_zero()
        => Prop.ForAll(TouchLists(), Ages(), (touches, days) => At(Day.AddDays(days), touches) is >= 0 and var later && later <= At(Day, touches)).QuickCheckThrowOnFailure();

    [Fact]
    public void After_exactly_one_half_life_it_is_half()
        => Prop.ForAll(TouchLists(), touches => Near(At(Day.AddDays(Given.Rules.HalfLifeDays), touches), At(Day, touches) / 2)).QuickCheckThrowOnFailure();

    [Fact]
    public void Scores_of_parts_add_up()
        => Prop.ForAll(TouchLists(), TouchLists(), (a, b) => Near(At(Day, [.. a, .. b]), At(Day, a) + At(Day, b))).QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_of_touches_does_not_change_one_bit()
        => Prop.ForAll(TouchLists(), touches => At(Day, touches) == At(Day, [.. touches.Reverse()])).QuickCheckThrowOnFailure();

    static double At(DateOnly day, IEnumerable<TouchDay> touches) => Score.At(day, Changes.Sum(touches), Given.Rules);

    static bool Near(double a, double b) => Math.Abs(a - b) <= 1e-9 * Math.Max(1, Math.Abs(b));

    static Arbitrary<int> Ages() => Gen.Choose(0, 4000).ToArbitrary();

    // All touches on or before the day that is asked about.
    static Arbitrary<TouchDay[]> TouchLists() => (
        from age in Gen.Choose(0, 800)
        from kind in Gen.Elements(Enum.GetValues<TouchKind>())
        from channel in Gen.Elements(Enum.GetValues<Channel>())
        from count in Gen.Choose(1, 50)
        select Given.Touches(Day.AddDays(-age), kind, count, channel)).ArrayOf().ToArbitrary();
}
