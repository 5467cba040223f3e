namespace Perennial.Segmentation.Domain;

/// <summary>A named group of scores.</summary>
/// <param name="Id">For example "at_risk".</param>
/// <param name="Codes">Recency, frequency and monetary score as one number, 111 to 555.</param>
internal sealed record RfmSegment(string Id, string Name, string Meaning, IReadOnlyList<int> Codes);

/// <summary>The eleven named segments over recency, frequency and monetary scores: every one of the 125 codes in exactly one of them.</summary>
internal static class RfmSegments
{
    public static IReadOnlyList<RfmSegment> All { get; } =
    [
        new("champions", "Champions", "Bought just now, buy often and spend most.", [555, 554, 544, 545, 454, 455, 445]),
        new("loyal", "Loyal", "Buy often and spend well.", [543, 444, 435, 355, 354, 345, 344, 335]),
        new("potential_loyalist", "Potential loyalist", "Bought not long ago, more than once.", [553, 551, 552, 541, 542, 533, 532, 531, 452, 451, 442, 441, 431, 453, 433, 432, 423, 353, 352, 351, 342, 341, 333, 323]),
        new("new_customers", "New customers", "Bought just now, and not often.", [512, 511, 422, 421, 412, 411, 311]),
        new("promising", "Promising", "Bought not long ago and spent well, but not often.", [525, 524, 523, 522, 521, 515, 514, 513, 425, 424, 413, 414, 415, 315, 314, 313]),
        new("need_attention", "Need attention", "Above average in all three, and not lately.", [535, 534, 443, 434, 343, 334, 325, 324]),
        new("about_to_sleep", "About to sleep", "Below average in recency and frequency: lost if nothing happens.", [331, 321, 312, 221, 213, 231, 241, 251]),
        new("at_risk", "At risk", "Bought often and spent well, long ago.", [255, 254, 245, 244, 253, 252, 243, 242, 235, 234, 225, 224, 153, 152, 145, 143, 142, 135, 134, 133, 125, 124]),
        new("cannot_lose_them", "Cannot lose them", "Spent most, and have not come back for long.", [155, 154, 144, 214, 215, 115, 114, 113]),
        new("hibernating", "Hibernating", "Bought long ago, seldom and little.", [332, 322, 233, 232, 223, 222, 132, 123, 122, 212, 211]),
        new("lost", "Lost", "Lowest in recency, and little else.", [111, 112, 121, 131, 141, 151]),
    ];

    static readonly Dictionary<int, RfmSegment> ByCode = All.SelectMany(s => s.Codes.Select(c => (Code: c, Segment: s))).ToDictionary(c => c.Code, c => c.Segment);

    public static RfmSegment Of(int code) => ByCode[code];

    public static RfmSegment? Find(string id) => All.FirstOrDefault(s => s.Id == id);

    public static LifecycleModel Model() => new("RFM segments", "Scores of 1 to 5 for recency, frequency and spend, 5 best, by the population's cut points; eleven named groups of codes, and those without an order.", "Hughes 1994, Strategic Database Marketing; Bult and Wansbeek 1995, Marketing Science 14(4); the published table of eleven segments, each code once",
    [
        new("prospect", "Prospect", "No order, so no scores.", "Not part of the table.", [new(new Condition(new(Feature.RecencyScore), Absent: true))]),
        .. All.Select(s => new Stage(s.Id, s.Name, s.Meaning, "Codes " + string.Join(' ', s.Codes), [.. s.Codes.Select(Code)])),
    ]);

    static Rule Code(int code) => new(Score(Feature.RecencyScore, code / 100), Score(Feature.FrequencyScore, code / 10 % 10), Score(Feature.MonetaryScore, code % 10));

    static Condition Score(Feature feature, int score) => Condition.Whole(feature, score, score);
}
