using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.Data.SqlClient;
using Microsoft.SqlServer.Server;
using Mono.Cecil;
using Yarp.ReverseProxy.Configuration;

namespace Perennial.StandIns.Tests;

/// <summary>Whether the assemblies that stand on the stand-ins find there all that they refer to.</summary>
public sealed class SurfaceTests
{
    /// <summary>Name, public key token and version by which the packages refer to what may be missing.</summary>
    public static TheoryData<string, string, string> Identities => new()
    {
        { "Grpc.Core.Api", "d754f35622e28bad", "2.0.0.0" },
        { "Grpc.Net.Common", "d754f35622e28bad", "2.0.0.0" },
        { "System.IO.Hashing", "cc7b13ffcd2ddd51", "7.0.0.0" },
        { "Microsoft.SqlServer.Server", "23ec7fc2d6eaa4a5", "1.0.0.0" },
    };

    public static TheoryData<Type, string[]> Users => new()
    {
        { typeof(GrpcServiceOptions), ["Grpc.Core.Api", "Grpc.Net.Common"] },
        { typeof(GrpcChannel), ["Grpc.Core.Api", "Grpc.Net.Common"] },
        { typeof(IProxyConfig), ["System.IO.Hashing"] },
        { typeof(SqlConnection), ["Microsoft.SqlServer.Server"] },
    };

    [Theory, MemberData(nameof(Identities))]
    public void Each_has_the_identity_of_the_true_one(string name, string token, string version)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, name + ".dll"));

        Assert.Equal(token, Convert.ToHexStringLower(assembly.Name.PublicKeyToken));
        // A true package that is newer serves as well: the runtime asks for this version or a later one.
        Assert.True(assembly.Name.Version >= new Version(version), $"{assembly.Name.Version}");
    }

    [Theory, MemberData(nameof(Users))]
    public void Each_has_every_type_and_member_that_a_package_refers_to(Type user, string[] names)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        using var module = ModuleDefinition.ReadModule(user.Assembly.Location, new ReaderParameters { AssemblyResolver = resolver });

        var types = module.GetTypeReferences().Where(type => names.Contains(type.Scope.Name)).ToArray();
        var members = module.GetMemberReferences().Where(member => names.Contains(member.DeclaringType.GetElementType().Scope.Name)).ToArray();

        Assert.NotEmpty(types);
        Assert.NotEmpty(members);
        Assert.Empty(types.Where(type => type.Resolve() is null).Select(type => type.FullName));
        Assert.Empty(members.Where(member => member.Resolve() is null).Select(member => member.FullName));
    }

    [Fact]
    public void The_types_that_sql_client_asks_for_behave()
    {
        var udt = new SqlUserDefinedTypeAttribute(Format.UserDefined) { MaxByteSize = 12, IsByteOrdered = true, Name = "point" };

        Assert.Equal((Format.UserDefined, 12, true, false, "point", null), (udt.Format, udt.MaxByteSize, udt.IsByteOrdered, udt.IsFixedLength, udt.Name, udt.ValidationMethodName));
        Assert.Equal((0, 1, 2), ((int)Format.Unknown, (int)Format.Native, (int)Format.UserDefined));
        Assert.Contains(nameof(SurfaceTests), InvalidUdtException.Create(typeof(SurfaceTests), "no format").Message, StringComparison.Ordinal);
    }
}
