using Google.Protobuf.Reflection;
using Grpc.Health.V1;

namespace Perennial.Foundation.Grpc;

/// <summary>
/// What reflection may tell: the services this process serves, and the packages they belong to with all that these
/// import (so that the error reasons of a served package are readable too). Built once, when all is registered.
/// </summary>
public sealed class ReflectionIndex
{
    static readonly string[] OnEveryServer =
    [
        Health.Descriptor.FullName,
        global::Grpc.Reflection.V1.ServerReflection.Descriptor.FullName,
        global::Grpc.Reflection.V1Alpha.ServerReflection.Descriptor.FullName,
    ];

    readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    readonly Dictionary<string, SortedList<int, FileDescriptor>> _extensions = new(StringComparer.Ordinal);

    public ReflectionIndex(HealthState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var served = ProtoFiles.All.SelectMany(file => file.Services)
            .Where(service => OnEveryServer.Contains(service.FullName) || state.Services.Contains(service.FullName))
            .ToArray();
        var packages = served.Select(service => service.File.Package).ToHashSet(StringComparer.Ordinal);
        Services = [.. served.Select(service => service.FullName).Order(StringComparer.Ordinal)];
        foreach (var file in ProtoFiles.WithImports(ProtoFiles.All.Where(file => packages.Contains(file.Package)))) Add(file);
    }

    /// <summary>Full names of the services served here, sorted.</summary>
    public IReadOnlyList<string> Services { get; }

    public FileDescriptor? File(string name) => _files.GetValueOrDefault(name);

    /// <summary>The file that declares a service, method, message, field, oneof, enum, enum value or extension.</summary>
    public FileDescriptor? Declaring(string symbol) => _symbols.GetValueOrDefault(symbol);

    /// <summary>The file that declares the extension <paramref name="number"/> of a message.</summary>
    public FileDescriptor? Extending(string message, int number) => _extensions.GetValueOrDefault(message)?.GetValueOrDefault(number);

    /// <summary>Ascending numbers of the extensions of a message, or null where no such message is known.</summary>
    public IReadOnlyList<int>? ExtensionNumbers(string message)
        => _extensions.TryGetValue(message, out var numbers) ? [.. numbers.Keys] : null;

    void Add(FileDescriptor file)
    {
        _files[file.Name] = file;
        foreach (var service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (var method in service.Methods) _symbols[method.FullName] = file;
        }
        foreach (var message in file.MessageTypes) Add(message);
        foreach (var type in file.EnumTypes) Add(type, file.Package);
        foreach (var extension in file.Extensions.UnorderedExtensions) AddExtension(extension);
    }

    void Add(MessageDescriptor message)
    {
        _symbols[message.FullName] = message.File;
        ExtensionsOf(message);
        foreach (var field in message.Fields.InDeclarationOrder()) _symbols[field.FullName] = message.File;
        foreach (var oneof in message.Oneofs) _symbols[oneof.FullName] = message.File;
        foreach (var nested in message.NestedTypes) Add(nested);
        foreach (var type in message.EnumTypes) Add(type, message.FullName);
        foreach (var extension in message.Extensions.UnorderedExtensions) AddExtension(extension);
    }

    void Add(EnumDescriptor type, string scope)
    {
        _symbols[type.FullName] = type.File;
        // Values live beside their enum, not inside it: that is the scoping rule of protobuf.
        foreach (var value in type.Values) _symbols[scope.Length == 0 ? value.Name : $"{scope}.{value.Name}"] = type.File;
    }

    void AddExtension(FieldDescriptor extension)
    {
        _symbols[extension.FullName] = extension.File;
        ExtensionsOf(extension.ExtendeeType)[extension.FieldNumber] = extension.File;
    }

    SortedList<int, FileDescriptor> ExtensionsOf(MessageDescriptor message)
        => _extensions.TryGetValue(message.FullName, out var numbers) ? numbers : _extensions[message.FullName] = [];
}
