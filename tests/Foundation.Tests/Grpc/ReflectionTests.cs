using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace Perennial.Foundation.Tests.Grpc;

/// <summary>Both versions over a real connection. The older one's messages are read as the newer one's: they are the same on the wire.</summary>
public sealed class ReflectionTests : IAsyncLifetime
{
    const string Ingestion = "perennial.ingestion.v1.IngestionService";
    const string IngestionFile = "perennial/ingestion/v1/ingestion.proto";

    TestServer _server = null!;

    public enum Version { V1, V1Alpha }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory, InlineData(Version.V1), InlineData(Version.V1Alpha)]
    public async Task Lists_exactly_what_is_served(Version version)
    {
        var services = await ServicesAsync(version);

        Assert.Equal(["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", Ingestion], services);
    }

    [Theory, InlineData(Version.V1), InlineData(Version.V1Alpha)]
    public async Task Every_listed_service_resolves_to_descriptors_that_parse(Version version)
    {
        foreach (var service in await ServicesAsync(version))
        {
            var files = await FilesAsync(version, new ServerReflectionRequest { FileContainingSymbol = service });

            Assert.Contains(Build(files).SelectMany(file => file.Services), built => built.FullName == service);
            Assert.Contains(files[0].Service, first => $"{files[0].Package}.{first.Name}" == service);
        }
    }

    [Theory]
    [InlineData("service", Ingestion, IngestionFile)]
    [InlineData("method", "perennial.ingestion.v1.IngestionService.ReadFeed", IngestionFile)]
    [InlineData("message", "perennial.ingestion.v1.EventResult", IngestionFile)]
    [InlineData("field", "perennial.ingestion.v1.EventResult.message_id", IngestionFile)]
    [InlineData("nested enum", "perennial.ingestion.v1.EventResult.Outcome", IngestionFile)]
    [InlineData("nested enum value", "perennial.ingestion.v1.EventResult.OUTCOME_RECORDED", IngestionFile)]
    [InlineData("enum of a file that no RPC imports", "perennial.ingestion.v1.IngestionErrorReason", "perennial/ingestion/v1/errors.proto")]
    [InlineData("enum value", "perennial.ingestion.v1.INGESTION_ERROR_REASON_SHOP_EXISTS", "perennial/ingestion/v1/errors.proto")]
    [InlineData("imported message", "google.protobuf.Timestamp", "google/protobuf/timestamp.proto")]
    [InlineData("nested message", "google.protobuf.DescriptorProto.ExtensionRange", "google/protobuf/descriptor.proto")]
    [InlineData("oneof", "grpc.reflection.v1.ServerReflectionRequest.message_request", "grpc/reflection/v1/reflection.proto")]
    [InlineData("extension", "perennial.common.v1.error", "perennial/common/v1/errors.proto")]
    public async Task Finds_the_file_of_a(string what, string symbol, string file)
    {
        var files = await FilesAsync(Version.V1, new ServerReflectionRequest { FileContainingSymbol = symbol });

        Assert.True(files[0].Name == file, $"{what} {symbol} is in {files[0].Name}");
        Build(files);
    }

    [Theory, InlineData(Version.V1), InlineData(Version.V1Alpha)]
    public async Task A_file_comes_first_and_everything_it_imports_with_it(Version version)
    {
        var files = await FilesAsync(version, new ServerReflectionRequest { FileByFilename = IngestionFile });

        Assert.Equal(IngestionFile, files[0].Name);
        Assert.Contains(files, file => file.Name == "google/protobuf/descriptor.proto");
        Assert.Equal(files.Count, files.DistinctBy(file => file.Name).Count());
        Build(files);
    }

    [Theory, InlineData(Version.V1), InlineData(Version.V1Alpha)]
    public async Task Finds_extensions_by_number(Version version)
    {
        var http = new ExtensionRequest { ContainingType = "google.protobuf.MethodOptions", ExtensionNumber = 72295728 };

        var files = await FilesAsync(version, new ServerReflectionRequest { FileContainingExtension = http });
        var numbers = await AskAsync(version, new ServerReflectionRequest { AllExtensionNumbersOfType = "google.protobuf.EnumValueOptions" });
        var none = await AskAsync(version, new ServerReflectionRequest { AllExtensionNumbersOfType = "perennial.ingestion.v1.Shop" });

        Assert.Equal("google/api/annotations.proto", files[0].Name);
        Assert.Equal("google.protobuf.EnumValueOptions", numbers.AllExtensionNumbersResponse.BaseTypeName);
        Assert.Equal([50193], numbers.AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Empty(none.AllExtensionNumbersResponse.ExtensionNumber);
    }

    [Theory, InlineData(Version.V1), InlineData(Version.V1Alpha)]
    public async Task What_is_not_here_is_not_found_and_the_conversation_goes_on(Version version)
    {
        ServerReflectionRequest[] strangers =
        [
            new() { FileByFilename = "nowhere.proto" },
            new() { FileContainingSymbol = "perennial.segmentation.v1.SegmentationService" },
            new() { FileContainingSymbol = "" },
            new() { FileContainingExtension = new ExtensionRequest { ContainingType = "google.protobuf.MethodOptions", ExtensionNumber = 1 } },
            new() { AllExtensionNumbersOfType = "perennial.Nothing" },
        ];

        var answers = await AskAsync(version, [.. strangers, new ServerReflectionRequest { ListServices = "*" }]);

        Assert.All(answers[..^1], answer => Assert.Equal((int)StatusCode.NotFound, answer.ErrorResponse.ErrorCode));
        Assert.NotEmpty(answers[^1].ListServicesResponse.Service);
    }

    [Theory, InlineData(Version.V1), InlineData(Version.V1Alpha)]
    public async Task A_request_for_nothing_is_an_invalid_argument(Version version)
    {
        var answer = await AskAsync(version, new ServerReflectionRequest { Host = "shop.example" });

        Assert.Equal((int)StatusCode.InvalidArgument, answer.ErrorResponse.ErrorCode);
    }

    [Theory, InlineData(Version.V1), InlineData(Version.V1Alpha)]
    public async Task An_answer_repeats_what_was_asked(Version version)
    {
        var request = new ServerReflectionRequest { Host = "shop.example", ListServices = "*" };

        var answer = await AskAsync(version, request);

        Assert.Equal(request, answer.OriginalRequest);
        Assert.Equal("shop.example", answer.ValidHost);
    }

    async Task<IReadOnlyList<string>> ServicesAsync(Version version)
        => [.. (await AskAsync(version, new ServerReflectionRequest { ListServices = "*" })).ListServicesResponse.Service.Select(service => service.Name)];

    async Task<IReadOnlyList<FileDescriptorProto>> FilesAsync(Version version, ServerReflectionRequest request)
        => [.. (await AskAsync(version, request)).FileDescriptorResponse.FileDescriptorProto.Select(FileDescriptorProto.Parser.ParseFrom)];

    async Task<ServerReflectionResponse> AskAsync(Version version, ServerReflectionRequest request) => (await AskAsync(version, [request]))[0];

    async Task<ServerReflectionResponse[]> AskAsync(Version version, ServerReflectionRequest[] requests)
    {
        if (version == Version.V1)
        {
            using var call = new ServerReflection.ServerReflectionClient(_server.Invoker).ServerReflectionInfo(cancellationToken: Cancellation);
            return await ConverseAsync(call, requests);
        }
        using var alpha = new V1Alpha.ServerReflection.ServerReflectionClient(_server.Invoker).ServerReflectionInfo(cancellationToken: Cancellation);
        var answers = await ConverseAsync(alpha, [.. requests.Select(request => V1Alpha.ServerReflectionRequest.Parser.ParseFrom(request.ToByteArray()))]);
        return [.. answers.Select(answer => ServerReflectionResponse.Parser.ParseFrom(answer.ToByteArray()))];
    }

    static async Task<TResponse[]> ConverseAsync<TRequest, TResponse>(AsyncDuplexStreamingCall<TRequest, TResponse> call, TRequest[] requests)
    {
        var answers = new List<TResponse>();
        foreach (var request in requests)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            answers.Add(call.ResponseStream.Current);
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Cancellation));
        return [.. answers];
    }

    /// <summary>Builds descriptors from nothing but these files: fails when an import is missing.</summary>
    static IReadOnlyList<FileDescriptor> Build(IReadOnlyList<FileDescriptorProto> files)
    {
        var ordered = new List<FileDescriptorProto>();
        foreach (var file in files) Place(file);
        return FileDescriptor.BuildFromByteStrings(ordered.Select(file => file.ToByteString()));

        void Place(FileDescriptorProto file)
        {
            if (ordered.Contains(file)) return;
            foreach (var import in file.Dependency) Place(files.Single(other => other.Name == import));
            ordered.Add(file);
        }
    }
}
