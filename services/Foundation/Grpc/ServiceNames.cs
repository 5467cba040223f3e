using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Perennial.Foundation.Grpc;

/// <summary>From a class that serves to the name it is called by.</summary>
public static class ServiceNames
{
    /// <summary>The full proto name, for example <c>perennial.ingestion.v1.IngestionService</c>.</summary>
    /// <exception cref="ArgumentException">When the class does not derive from a generated base.</exception>
    public static string Of(Type service)
    {
        ArgumentNullException.ThrowIfNull(service);
        // Grpc.Tools marks the base class with the static class that describes the service.
        var described = service.GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType;
        var descriptor = described?.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
        return descriptor is ServiceDescriptor known
            ? known.FullName
            : throw new ArgumentException($"{service} does not derive from a generated gRPC base class.", nameof(service));
    }
}
