namespace Perennial.Segmentation.Domain;

/// <summary>The models that every shop has.</summary>
internal static class BuiltInModels
{
    /// <summary>The model of callers that name none.</summary>
    public static LifecycleModel Default => Clc;

    /// <summary>Shopping Minds' Customer Lifecycle model (https://shoppingminds.com/en/customer-lifecycle/).</summary>
    public static LifecycleModel Clc { get; } = new("clc",
    [
        new("prospect", [new(new(0, 0), null)]),
        new("new", [new(new(1, 1), new(0, 30))]),
        new("promising", [new(new(2, 3), new(0, 60))]),
        new("loyal", [new(new(4, null), new(0, 90))]),
        new("drifting", [new(new(1, 1), new(31, 90)), new(new(2, 3), new(61, 90))]),
        new("sleeper", [new(new(1, 3), new(91, null))]),
        new("at_risk", [new(new(4, null), new(91, 365))]),
        new("red_alert", [new(new(4, null), new(366, null))]),
    ]);

    public static IReadOnlyList<LifecycleModel> All { get; } = [Clc];

    public static LifecycleModel? Find(string id) => All.FirstOrDefault(m => m.Id == id);
}
