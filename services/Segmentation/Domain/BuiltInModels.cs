namespace Perennial.Segmentation.Domain;

/// <summary>The models that every shop has: documents like any other, at revision 1 for good.</summary>
internal static class BuiltInModels
{
    /// <summary>The model of callers that name none, active in every shop.</summary>
    public const string Default = "clc";

    public const int Revision = 1;

    const string ShoppingMinds = "Shopping Minds, Customer Lifecycle model, https://shoppingminds.com/en/customer-lifecycle/";

    /// <summary>By id.</summary>
    public static IReadOnlyDictionary<string, LifecycleModel> All { get; } = new SortedDictionary<string, LifecycleModel>(StringComparer.Ordinal)
    {
        [Default] = Clc(),
        ["clc-windowed"] = ClcWindowed(),
        ["active-lapsed"] = ActiveLapsed(),
        ["five-stage"] = FiveStage(),
        ["rfm"] = RfmSegments.Model(),
    };

    static LifecycleModel Clc() => new("Customer lifecycle", "How many orders a customer has placed, and how long ago the last one is.", ShoppingMinds,
    [
        new("prospect", "Prospect", "A visitor or contact who has bought nothing yet.", "No purchase yet; targeted like any other group.", [Orders(0, 0)], Role: StageRole.Prospect),
        new("new", "New", "One order, not long ago.", "One purchase in the last 30 days.", [Orders(1, 1, 0, 30)], Role: StageRole.Active),
        new("promising", "Promising", "Came back once or twice, not long ago.", "Two or three purchases, the last one within 60 days.", [Orders(2, 3, 0, 60)], Role: StageRole.Active),
        new("loyal", "Loyal", "Comes back again and again.", "Four or more purchases, the last one within 90 days.", [Orders(4, null, 0, 90)], Role: StageRole.Active),
        new("drifting", "Drifting", "Few orders, and later than others would place the next.", "One to three purchases, longer ago than new or promising, within 90 days.", [Orders(1, 1, 31, 90), Orders(2, 3, 61, 90)], Role: StageRole.Active),
        new("sleeper", "Sleeper", "Few orders, the last long ago.", "One to three purchases, the last one 91 days to over a year ago.", [Orders(1, 3, 91, null)], Role: StageRole.Lapsed),
        new("at_risk", "At risk", "Was loyal and has stayed away.", "Four or more purchases, the last one 91 to 365 days ago.", [Orders(4, null, 91, 365)], Role: StageRole.Lapsed),
        new("red_alert", "Red alert", "Was loyal and is all but lost.", "Four or more purchases, the last one over a year ago.", [Orders(4, null, 366, null)], Role: StageRole.Lapsed),
    ]);

    /// <summary>
    /// The same words taken literally: k purchases *within* the last n days. Two orders of which one is older than 60 days are not "two within 60 days": the last
    /// stage takes those whom the words leave out, without which the model would be refused.
    /// </summary>
    static LifecycleModel ClcWindowed() => new("Customer lifecycle, windowed", "The literal reading of the customer lifecycle model: all of the purchases lie within the window, for comparison with clc.", ShoppingMinds,
    [
        new("prospect", "Prospect", "A visitor or contact who has bought nothing yet.", "No purchase yet; targeted like any other group.", [Orders(0, 0)], Role: StageRole.Prospect),
        new("new", "New", "The only order lies within 30 days.", "One purchase in the last 30 days.", [Within(1, 1, 1, 1, 30)], Role: StageRole.Active),
        new("promising", "Promising", "Two or three orders, at least two of them within 60 days.", "Two or three purchases in the last 60 days.", [Within(2, 3, 2, 3, 60)], Role: StageRole.Active),
        new("loyal", "Loyal", "At least four orders within 90 days.", "Four or more purchases in the last 90 days.", [Within(4, null, 4, null, 90)], Role: StageRole.Active),
        new("drifting", "Drifting", "Few orders, the last before the window and within 90 days.", "One to three purchases, longer ago than new or promising, within 90 days.", [Orders(1, 1, 31, 90), Orders(2, 3, 61, 90)], Role: StageRole.Active),
        new("sleeper", "Sleeper", "Few orders, the last long ago.", "One to three purchases, the last one 91 days to over a year ago.", [Orders(1, 3, 91, null)], Role: StageRole.Lapsed),
        new("at_risk", "At risk", "Was loyal and has stayed away.", "Four or more purchases, the last one 91 to 365 days ago.", [Orders(4, null, 91, 365)], Role: StageRole.Lapsed),
        new("red_alert", "Red alert", "Was loyal and is all but lost.", "Four or more purchases, the last one over a year ago.", [Orders(4, null, 366, null)], Role: StageRole.Lapsed),
        new("otherwise", "Left out", "Bought not long ago, but too few of the orders lie within the window.", "The source does not say.", [], Otherwise: true, Role: StageRole.Active),
    ]);

    static LifecycleModel ActiveLapsed() => new("Active and lapsed", "Whether a customer keeps to the shop's usual rhythm of orders. The lapse threshold depends entirely on the shop: it comes from the population.", "Prisync, customer lifecycle marketing",
    [
        new("prospect", "Prospect", "A contact who has ordered nothing.", "First contact made (newsletter, contest), no order: push to the first order.", [Orders(0, 0)], Role: StageRole.Prospect),
        new("active_one_time", "Active, one order", "One order, and not lapsed.", "Ordered, and not lapsed: keep engaged, eager to buy again.", [new(Condition.Whole(Feature.OrderCount, 1, 1), Condition.Whole(Feature.DaysBeyondLapse, null, 0))], Role: StageRole.Active),
        new("active_repeat", "Active, repeating", "Several orders, and not lapsed.", "Ordered, and not lapsed: keep engaged, eager to buy again.", [new(Condition.Whole(Feature.OrderCount, 2, null), Condition.Whole(Feature.DaysBeyondLapse, null, 0))], Role: StageRole.Active),
        new("lapsed", "Lapsed", "Longer without an order than is usual in this shop.", "Purchase frequency fell behind the customer's normal frequency: retarget to return to the normal rhythm.", [new(Condition.Whole(Feature.DaysBeyondLapse, 1, null))], Role: StageRole.Lapsed),
    ]);

    static LifecycleModel FiveStage()
    {
        Condition[] noAdvocate =
        [
            Condition.Whole(Feature.ReferralCount, 0, 0),
            Condition.Whole(Feature.ShareCount, 0, 0),
            new(new(Feature.LastReviewRating), Upper: new Limit(4, IsOpen: true), Absent: true),
            new(new(Feature.LastNpsScore), Upper: new Limit(9, IsOpen: true), Absent: true),
        ];
        var bought = Condition.Whole(Feature.OrderCount, 1, null);
        return new("Five stages", "From the first contact to recommending the shop. Not a line: a customer can enter any stage again, and an advocate's referrals start new awareness.", "Awareness, consideration, conversion, retention, advocacy; also reach, acquire, develop, retain, advocate",
        [
            new("awareness", "Awareness", "Known to the shop, without interest in a product yet.", "Reach: a known contact or visitor.", [new(Condition.Whole(Feature.OrderCount, 0, 0), new Condition(new(Feature.DaysSinceLastView), Absent: true))]),
            new("consideration", "Consideration", "Looked at products, and bought none.", "Acquire: viewed or searched products, reviews or prices, cart or wishlist, no order.", [new(Condition.Whole(Feature.OrderCount, 0, 0), new Condition(new(Feature.DaysSinceLastView)))]),
            new("conversion", "Conversion", "Bought once.", "Develop: first order.", [new([Condition.Whole(Feature.OrderCount, 1, 1), .. noAdvocate])]),
            new("retention", "Retention", "Bought again.", "Retain: repeat orders.", [new([Condition.Whole(Feature.OrderCount, 2, null), .. noAdvocate])]),
            new("advocacy", "Advocacy", "Bought, and speaks well of the shop: a referral, a share, a last rating of 4 or more, or a last NPS answer of 9 or 10.", "Advocate: referral made, positive review, share, or NPS 9 to 10, by someone who bought.",
            [
                new(bought, Condition.Whole(Feature.ReferralCount, 1, null)),
                new(bought, Condition.Whole(Feature.ShareCount, 1, null)),
                new(bought, new Condition(new(Feature.LastReviewRating), new Limit(4))),
                new(bought, new Condition(new(Feature.LastNpsScore), new Limit(9))),
            ]),
        ]);
    }

    static Rule Orders(int min, int? max) => new(Condition.Whole(Feature.OrderCount, min, max));

    static Rule Orders(int min, int? max, int daysMin, int? daysMax) => new(Condition.Whole(Feature.OrderCount, min, max), Condition.Whole(Feature.DaysSinceLastOrder, daysMin, daysMax));

    static Rule Within(int min, int? max, int withinMin, int? withinMax, int days) => new(Condition.Whole(Feature.OrderCount, min, max), Condition.Whole(Feature.OrdersWithin, withinMin, withinMax, days));
}
