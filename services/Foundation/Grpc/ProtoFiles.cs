using System.Reflection;
using Google.Protobuf.Reflection;
using Perennial.Common.V1;

namespace Perennial.Foundation.Grpc;

/// <summary>The contract as descriptors.</summary>
static class ProtoFiles
{
    /// <summary>Every .proto file that the Protos assembly was generated from.</summary>
    internal static IReadOnlyList<FileDescriptor> All { get; } =
    [
        .. typeof(CommonErrorReason).Assembly.GetExportedTypes()
            .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal) && type.IsAbstract && type.IsSealed)
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>(),
    ];

    /// <summary>These files and all they import, each once, an importer always before what it imports first.</summary>
    internal static IReadOnlyList<FileDescriptor> WithImports(params IEnumerable<FileDescriptor> files)
    {
        var found = new List<FileDescriptor>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<FileDescriptor>(files);
        while (open.TryDequeue(out var file))
        {
            if (!seen.Add(file.Name)) continue;
            found.Add(file);
            foreach (var import in file.Dependencies) open.Enqueue(import);
        }
        return found;
    }
}
