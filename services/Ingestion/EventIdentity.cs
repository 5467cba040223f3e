using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Ingestion.Domain;
using Kind = Perennial.Common.V1.Event.PayloadOneofCase;

namespace Perennial.Ingestion;

/// <summary>The ids within an event of the wire: for whom it is recorded, and when that changes recorded anew.</summary>
internal static class EventIdentity
{
    const string EmailTrait = "email";

    /// <summary>Strongest first.</summary>
    public static CustomerId[] IdsOf(Event e)
    {
        CustomerId[] external = e.ExternalIds.Count == 0 ? [] : [.. e.ExternalIds.Select(x => CustomerId.External(x.Type, x.Id))];
        return EventIds.Of(e.UserId, external, e.Email.Length > 0 ? e.Email : TraitOf(e), e.AnonymousId, PreviousOf(e));
    }

    /// <summary>Path of the field that holds the id.</summary>
    public static string FieldOf(Event e, CustomerId id) => id.Type switch
    {
        IdType.User => "user_id",
        IdType.External => string.Create(CultureInfo.InvariantCulture, $"external_ids[{e.ExternalIds.Index().First(x => CustomerId.External(x.Item.Type, x.Item.Id) == id).Index}].id"),
        IdType.Email => e.Email.Length > 0 ? "email" : "traits_changed.traits.email",
        _ => CustomerId.Anonymous(e.AnonymousId) == id ? "anonymous_id" : "customer_aliased.previous_id",
    };

    static string TraitOf(Event e)
        => e.PayloadCase == Kind.TraitsChanged && e.TraitsChanged.Traits?.Fields.TryGetValue(EmailTrait, out var email) == true && email.KindCase == Value.KindOneofCase.StringValue ? email.StringValue : "";

    static string PreviousOf(Event e) => e.PayloadCase == Kind.CustomerAliased ? e.CustomerAliased.PreviousId : "";
}
