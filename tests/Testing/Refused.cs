using Google.Rpc;
using Grpc.Core;
using Perennial.Foundation.Grpc;

namespace Perennial.Testing;

public static class Refused
{
    /// <summary>The fields that an INVALID_ARGUMENT names, in its order.</summary>
    public static IEnumerable<string> Fields(RpcException error) => Errors.Detail<BadRequest>(Errors.Details(error))!.FieldViolations.Select(v => v.Field);
}
