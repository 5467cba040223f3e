using System.Reflection;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Enum = System.Enum;

namespace Perennial.Foundation.Tests.Grpc;

public sealed class ErrorsTests
{
    /// <summary>Every value of every enum of reasons in the contract but the zero value.</summary>
    public static TheoryData<string, string> Reasons =>
    [
        .. Types.SelectMany(type => Enum.GetValues(type).Cast<Enum>().Where(value => Convert.ToInt32(value, null) != 0).Select(value => (type.FullName!, value.ToString()))),
    ];

    static IEnumerable<Type> Types => typeof(CommonErrorReason).Assembly.GetExportedTypes()
        .Where(type => type.IsEnum && type.Name.EndsWith("ErrorReason", StringComparison.Ordinal));

    [Theory, MemberData(nameof(Reasons))]
    public void Every_reason_becomes_a_status_with_error_info(string type, string value)
    {
        var error = Raise(type, value);
        var status = Errors.Details(error)!;
        var reason = Errors.Reason(error)!;

        Assert.InRange((int)error.StatusCode, 1, 16);
        Assert.Equal(((int)error.StatusCode, "because"), (status.Code, status.Message));
        Assert.Equal("because", error.Status.Detail);
        // AIP-193
        Assert.Matches("^[A-Z][A-Z0-9_]+[A-Z0-9]$", reason.Reason);
        Assert.InRange(reason.Reason.Length, 2, 63);
        Assert.Equal(DomainOf(type), reason.Domain);
        Assert.Equal(new Dictionary<string, string> { ["shop"] = "acme" }, reason.Metadata);
        Assert.Equal(status.Details.Count, status.Details.DistinctBy(detail => detail.TypeUrl).Count());
    }

    [Fact]
    public void A_reason_is_its_value_without_the_prefix_of_its_enum()
    {
        Assert.Equal("SHOP_EXISTS", Errors.Reason(Errors.Of(Ingestion.V1.IngestionErrorReason.ShopExists, "m"))!.Reason);
        Assert.Equal("ingestion.perennial", Errors.Reason(Errors.Of(Ingestion.V1.IngestionErrorReason.ShopExists, "m"))!.Domain);
        Assert.Equal("SHOP_NOT_FOUND", Errors.Reason(Errors.Of(CommonErrorReason.ShopNotFound, "m"))!.Reason);
    }

    [Fact]
    public void Every_house_has_reasons()
        => Assert.Equal(["campaigns", "common", "engagement", "gateway", "ingestion", "segmentation"], Types.Select(type => type.Namespace!.Split('.')[1].ToLowerInvariant()).Order());

    [Fact]
    public void Only_an_error_that_may_pass_by_itself_is_called_retriable()
    {
        var retriable = Files.SelectMany(file => file.EnumTypes).SelectMany(type => type.Values)
            .Select(value => value.GetOptions()?.GetExtension(ErrorsExtensions.Error))
            .Where(spec => spec is { Retriable: true });

        // AIP-194: what is wrong with the request stays wrong.
        Assert.All(retriable, spec => Assert.Contains((StatusCode)spec!.Code, new[] { StatusCode.Unavailable, StatusCode.ResourceExhausted, StatusCode.Aborted }));
    }

    [Fact]
    public void All_violations_are_told_at_once()
    {
        var violations = new Violations().Add("shop", "is missing").Require(false, "events[3].time", "is in the future").Require(true, "fine", "never told").Text("", "title", 1, 5);

        var error = Assert.Throws<RpcException>(violations.Throw);
        var told = Errors.Detail<BadRequest>(Errors.Details(error))!.FieldViolations;

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(("INVALID_ARGUMENT", "perennial"), (Errors.Reason(error)!.Reason, Errors.Reason(error)!.Domain));
        Assert.Equal(["shop", "events[3].time", "title"], told.Select(violation => violation.Field));
        Assert.Equal(["is missing", "is in the future", "must have 1 to 5 characters, has 0"], told.Select(violation => violation.Description));
    }

    [Fact]
    public void Nothing_wrong_throws_nothing()
    {
        var violations = new Violations().Text("abc", "title", 1, 5);

        violations.Throw();

        Assert.False(violations.Any);
    }

    [Fact]
    public void A_limit_says_when_to_come_back()
    {
        var error = Errors.RateLimited("too many", TimeSpan.FromMilliseconds(1500));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal("RATE_LIMITED", Errors.Reason(error)!.Reason);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), Errors.Detail<RetryInfo>(Errors.Details(error))!.RetryDelay.ToTimeSpan());
    }

    [Fact]
    public void An_error_of_somebody_else_has_no_reason()
    {
        var error = new RpcException(new global::Grpc.Core.Status(StatusCode.Unavailable, "no connection"));

        Assert.Null(Errors.Details(error));
        Assert.Null(Errors.Reason(error));
    }

    static IEnumerable<FileDescriptor> Files => Types
        .Select(type => type.Assembly.GetType($"{type.Namespace}.ErrorsReflection")!)
        .Select(reflection => (FileDescriptor)reflection.GetProperty("Descriptor")!.GetValue(null)!);

    static string DomainOf(string type) => type.Split('.')[1] is var house && house == "Common" ? "perennial" : $"{house.ToLowerInvariant()}.perennial";

    static RpcException Raise(string type, string value)
    {
        var reason = typeof(CommonErrorReason).Assembly.GetType(type)!;
        return (RpcException)typeof(ErrorsTests).GetMethod(nameof(RaiseAs), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(reason).Invoke(null, [Enum.Parse(reason, value)])!;
    }

    // A span of details does not pass through reflection.
    static RpcException RaiseAs<TReason>(TReason reason) where TReason : struct, Enum => Errors.Of(reason, "because", ("shop", "acme"));
}
