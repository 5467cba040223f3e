using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>One running house with a shop of 600 buyers over two years, fitted, and an empty shop; for all tests that only read.</summary>
public sealed class ValueHouseFixture : IAsyncLifetime
{
    internal const string Silent = "user:silent", Regular = "user:regular", Once = "user:once";

    internal SegmentationHouse House { get; private set; } = null!;
    internal ValueService.ValueServiceClient Client => new(House.Invoker);
    internal ValueModel Fitted { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        House = await SegmentationHouse.StartAsync();
        House.Announce("tea", "Europe/London", "GBP");
        House.Announce("empty", "Europe/London", "GBP");
        House.Announce("small", "Europe/London", "GBP");
        Fill();
        Order(Regular, "2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01", "2024-06-01", "2024-06-28");
        Order(Silent, "2022-07-01", "2022-07-10");
        Order(Once, "2024-06-20");
        House.Record("tea", "user:looks", "2024-02-01T10:00:00Z", Said.Visited());
        House.Record("tea", "user:looks", "2024-02-02T10:00:00Z", Said.Engaged(Common.V1.Channel.Email, clicked: false));
        House.Record("tea", "user:looks", "2024-02-03T10:00:00Z", Said.Engaged(Common.V1.Channel.Sms, clicked: true));
        House.Record("tea", "user:back", "2024-03-01T10:00:00Z", Said.Ordered("back-1", 40));
        House.Record("tea", "user:back", "2024-03-05T10:00:00Z", Said.Cancelled("back-1"));
        House.Record("small", "user:one", "2024-06-01T10:00:00Z", Said.Ordered("s-1", 10));
        await House.CatchUpAsync();
        Fitted = await Client.FitValueModelsAsync(new FitValueModelsRequest { Shop = "tea" }, cancellationToken: TestContext.Current.CancellationToken);
    }

    void Order(string customer, params string[] days)
    {
        foreach (var day in days) House.Record("tea", customer, day + "T12:00:00Z", Said.Ordered($"{customer}-{day}", 25));
    }

    /// <summary>Buyers of different rhythms who stop after any order with one of different probabilities: the same in every run.</summary>
    void Fill()
    {
        var (random, now) = (new Random(3), Given.Utc("2024-06-30T10:00:00Z"));
        for (var i = 0; i < 600; i++)
        {
            var (mean, stop, spend) = (10 - 50 * Math.Log(random.NextDouble()), 0.6 * random.NextDouble(), 10 - 20 * Math.Log(random.NextDouble()));
            var (time, n) = (now.AddDays(-random.Next(1, 730)), 0);
            do
            {
                House.Record("tea", $"user:{i}", time.ToString("O", System.Globalization.CultureInfo.InvariantCulture), Said.Ordered($"{i}-{n++}", decimal.Round((decimal)(spend * (0.5 + random.NextDouble())), 2)));
                time = time.AddDays(1 - mean * Math.Log(random.NextDouble()));
            }
            while (time < now && random.NextDouble() > stop);
        }
    }

    public ValueTask DisposeAsync() => House.DisposeAsync();
}
