using FsCheck;
using FsCheck.Fluent;
using Perennial.Foundation.Filters;

namespace Perennial.Foundation.Tests.Filters;

/// <summary>What holds of every filter and of every text.</summary>
public sealed class FilterLaws
{
    static readonly FilterSchema Schema = new(
    [
        new("a", FilterType.Text), new("b", FilterType.Number), new("c", FilterType.Flag), new("t", FilterType.Instant), new("d", FilterType.Date), new("s", FilterType.Duration), new("i", FilterType.Integer),
        new("e", FilterType.Id) { Ids = ["x", "y"] }, new("m", FilterType.Any, IsMap: true),
    ]);

    static Gen<FilterWord> Names() => Gen.OneOf(
        Gen.Elements("a", "b", "c", "e", "m", "stage", "at-risk", "order_count", "1", "ANDy", "NOTED", "2012", "é", "*").Select(t => new FilterWord(t, false)),
        Texts());

    static Gen<FilterWord> Texts() => Gen.Elements("", "AND", "first name", "a.b", "\"", "\\", "it's", "(", "2012-04-21T11:30:00Z", "\n", "-5", "\U0001F600").Select(t => new FilterWord(t, true));

    static Gen<FilterPath> Paths() =>
        from first in Names()
        from count in Gen.Choose(0, 2)
        from others in Gen.ArrayOf(Gen.OneOf(Names(), Gen.Elements("AND", "OR", "NOT").Select(t => new FilterWord(t, false))), count)
        select new FilterPath([first, .. others]);

    static Gen<Filter> Alone() => Paths().Select(p => (Filter)new Filter.Restriction(p));

    static Gen<Filter> Compared() =>
        from path in Paths()
        from comparison in Gen.Elements(Enum.GetValues<FilterOperator>())
        from argument in Gen.OneOf(
            Gen.OneOf(Names(), Gen.Elements("-5", "1.5e3", "2012-04-21T11:30:00-04:00", "1.5s", ".", "true").Select(t => new FilterWord(t, false))).Select(w => (FilterArgument)new FilterArgument.Literal(w)),
            Filters(2, Alone()).Select(f => (FilterArgument)new FilterArgument.Group(f)))
        select (Filter)new Filter.Restriction(path, comparison, argument);

    static Gen<Filter> Filters(int depth, Gen<Filter> leaves) => depth == 0 ? leaves : Gen.OneOf(
        leaves,
        Filters(depth - 1, leaves).Select(f => (Filter)new Filter.Not(f)),
        Filters(depth - 1, leaves).Zip(Filters(depth - 1, leaves), (left, right) => (Filter)new Filter.And(left, right)),
        Filters(depth - 1, leaves).Zip(Filters(depth - 1, leaves), (left, right) => (Filter)new Filter.Or(left, right)));

    /// <summary>Texts of which some come close to a filter.</summary>
    static Gen<string> Scribbles() => Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Select(s => s ?? ""),
        from pieces in Gen.ArrayOf(Gen.Elements(
            "a", "b", "c", "d", "e", "i", "m", "s", "t", "x", ".", " ", "  ", "=", "!=", "<", ">=", ":", "!", "(", ")", ",", "-", "*", "AND", " AND ", " OR ", "NOT ", "\"", "'", "\\", "1", "1e9", "1e-30", "79228162514264337593543950335", "e99999999999",
            "2012-04-21T", "2012-04-21T11", ":30:00", "9999-12-31T23:59:59-14:00", "Z", "+04:00", "5s", "922337203685s", "true", "\0", "\ud800", "\U0001F600"))
        select string.Concat(pieces));

    static void Hold<T>(Gen<T> cases, Func<T, bool> law, int tests) => Prop.ForAll(cases.ToArbitrary(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(tests));

    [Fact]
    public void A_filter_is_what_its_text_says()
        => Hold(Filters(3, Gen.OneOf(Alone(), Compared())), filter => filter.ToString() is var text && (text.Length > Filter.LengthMax || Filter.Parse(text) is var again && again == filter && again.ToString() == text), 3_000);

    [Fact]
    public void No_text_does_worse_than_to_be_refused_where_it_goes_wrong()
        => Hold(Scribbles(), text =>
        {
            try
            {
                var filter = Filter.Parse(text);
                if (Filter.Parse(filter.ToString()) != filter) return false;
                filter.Check(Schema);
            }
            catch (FilterException error)
            {
                return error.Position >= 1 && error.Position <= text.Length + 1;
            }
            return true;
        }, 20_000);
}
