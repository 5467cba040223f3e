using System.Globalization;
using System.Text.Json.Serialization;

namespace Perennial.Load.Log;

/// <summary>Which log: the same numbers give the same events, in every process.</summary>
/// <param name="OrdersOnly">Orders of five years instead of everything that happens in one.</param>
/// <param name="Due">Customers whose one order lies on one day of the sale, for each of its days: one midnight changes all their stages.</param>
sealed record LogSpec(bool OrdersOnly, int Customers, int Events, int Seed, int Due)
{
    public const string Shop = "load";
    public const string Zone = "Europe/London";
    public const string Currency = "EUR";
    public const int Partitions = 4;
    public const int SaleDays = 5;

    /// <summary>A single order leaves `new` at the start of the 31st day after it.</summary>
    const int DaysNew = 31;

    /// <summary>The log's history ends here; what is recorded live comes after. Winter, when London's midnights are UTC's.</summary>
    public static readonly DateTimeOffset End = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [JsonIgnore]
    public DateTimeOffset Start => OrdersOnly ? LogEvent.Epoch : End.AddYears(-1);

    /// <summary>The first customers are those of the sale.</summary>
    [JsonIgnore]
    public int SaleCustomers => OrdersOnly ? Due * SaleDays : 0;

    /// <summary>The midnights that follow the end of the history, at each of which the customers of one day of the sale change.</summary>
    public static DateTimeOffset Midnight(int saleDay) => End.AddDays(saleDay + 1);

    public static DateTimeOffset SaleDate(int saleDay) => Midnight(saleDay).AddDays(-DaysNew);

    public bool IsOfSale(int customer, int saleDay) => customer >= saleDay * Due && customer < (saleDay + 1) * Due;

    public static string CustomerId(int customer) => string.Create(CultureInfo.InvariantCulture, $"user:c{customer:D8}");

    /// <summary>Which customer an id names; -1 for none of this log.</summary>
    public static int CustomerOf(string id)
        => id.StartsWith("user:c", StringComparison.Ordinal) && int.TryParse(id.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var customer) ? customer : -1;

    public static string OrderId(int customer, int ordinal) => string.Create(CultureInfo.InvariantCulture, $"o-{customer:D8}-{ordinal:D3}");

    public string[] ToArguments() => [OrdersOnly ? "orders" : "mix", Text(Customers), Text(Events), Text(Seed), Text(Due)];

    public static LogSpec Parse(string[] arguments) => new(arguments[0] == "orders", Number(arguments[1]), Number(arguments[2]), Number(arguments[3]), Number(arguments[4]));

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
