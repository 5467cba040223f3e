using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Asked = Grpc.Reflection.V1.ServerReflectionRequest.MessageRequestOneofCase;

namespace Perennial.Foundation.Grpc;

/// <summary>grpc.reflection.v1: the contract of this process, for tools like grpcurl and Postman.</summary>
public sealed class ReflectionV1(ReflectionIndex index) : ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(requestStream);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        while (await requestStream.MoveNext(context.CancellationToken))
            await responseStream.WriteAsync(Answer(index, requestStream.Current), context.CancellationToken);
    }

    /// <summary>One answer. What is not known is an error response: the stream goes on.</summary>
    internal static ServerReflectionResponse Answer(ReflectionIndex index, ServerReflectionRequest request)
    {
        var response = Answered(index, request);
        response.ValidHost = request.Host;
        response.OriginalRequest = request;
        return response;
    }

    static ServerReflectionResponse Answered(ReflectionIndex index, ServerReflectionRequest request) => request.MessageRequestCase switch
    {
        Asked.ListServices => List(index.Services),
        Asked.FileByFilename => Files(index.File(request.FileByFilename), $"file '{request.FileByFilename}'"),
        Asked.FileContainingSymbol => Files(index.Declaring(request.FileContainingSymbol), $"symbol '{request.FileContainingSymbol}'"),
        Asked.FileContainingExtension => Files(
            index.Extending(request.FileContainingExtension.ContainingType, request.FileContainingExtension.ExtensionNumber),
            $"extension {request.FileContainingExtension.ExtensionNumber} of '{request.FileContainingExtension.ContainingType}'"),
        Asked.AllExtensionNumbersOfType => Extensions(index.ExtensionNumbers(request.AllExtensionNumbersOfType), request.AllExtensionNumbersOfType),
        _ => Error(StatusCode.InvalidArgument, "The request asks for nothing."),
    };

    static ServerReflectionResponse List(IEnumerable<string> services)
    {
        var list = new ListServiceResponse();
        list.Service.AddRange(services.Select(name => new ServiceResponse { Name = name }));
        return new ServerReflectionResponse { ListServicesResponse = list };
    }

    // The file first, then all it imports: a client needs no second question.
    static ServerReflectionResponse Files(FileDescriptor? file, string asked)
    {
        if (file is null) return Error(StatusCode.NotFound, $"This server knows no {asked}.");
        var files = new FileDescriptorResponse();
        files.FileDescriptorProto.AddRange(ProtoFiles.WithImports(file).Select(f => f.SerializedData));
        return new ServerReflectionResponse { FileDescriptorResponse = files };
    }

    static ServerReflectionResponse Extensions(IEnumerable<int>? numbers, string type)
    {
        if (numbers is null) return Error(StatusCode.NotFound, $"This server knows no message '{type}'.");
        var extensions = new ExtensionNumberResponse { BaseTypeName = type };
        extensions.ExtensionNumber.AddRange(numbers);
        return new ServerReflectionResponse { AllExtensionNumbersResponse = extensions };
    }

    static ServerReflectionResponse Error(StatusCode code, string message)
        => new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };
}
