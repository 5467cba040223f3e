using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Perennial.Architecture.Tests;

/// <summary>Every type that a type speaks of: base, interfaces, members, attributes, locals and what its code calls.</summary>
static class References
{
    public static IEnumerable<TypeReference> Of(TypeDefinition type) => Direct(type).SelectMany(Open).Where(t => t.Scope is not null && !t.IsGenericParameter);

    static IEnumerable<TypeReference> Direct(TypeDefinition type)
    {
        if (type.BaseType is not null) yield return type.BaseType;
        foreach (var i in type.Interfaces) yield return i.InterfaceType;
        foreach (var f in type.Fields) yield return f.FieldType;
        foreach (var method in type.Methods)
            foreach (var t in Of(method)) yield return t;
    }

    static IEnumerable<TypeReference> Of(MethodDefinition method)
    {
        yield return method.ReturnType;
        foreach (var p in method.Parameters) yield return p.ParameterType;
        if (!method.HasBody) yield break;
        foreach (var v in method.Body.Variables) yield return v.VariableType;
        foreach (var instruction in method.Body.Instructions)
            foreach (var t in Of(instruction)) yield return t;
    }

    static IEnumerable<TypeReference> Of(Instruction instruction)
    {
        switch (instruction.Operand)
        {
            case TypeReference type:
                yield return type;
                break;
            case MethodReference method:
                yield return method.DeclaringType;
                yield return method.ReturnType;
                if (method is GenericInstanceMethod generic)
                    foreach (var argument in generic.GenericArguments) yield return argument;
                break;
            case FieldReference field:
                yield return field.DeclaringType;
                yield return field.FieldType;
                break;
        }
    }

    static IEnumerable<TypeReference> Open(TypeReference type)
    {
        if (type is GenericInstanceType generic)
            foreach (var argument in generic.GenericArguments.SelectMany(Open)) yield return argument;
        var element = type.GetElementType();
        if (element is not null) yield return element;
    }
}
