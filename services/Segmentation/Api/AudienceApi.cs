using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Filters;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

/// <summary>The door to audiences and overlays. One file per RPC; this one holds what they share.</summary>
internal sealed partial class AudienceApi(SegmentationStore store, ValueStore values, FeedConsumer feed, Bell bell, TimeProvider clock, IOptions<SegmentationOptions> options, IOptions<ValueOptions> valueOptions) : AudienceService.AudienceServiceBase
{
    Task<Shop> ShopAsync(string id, CancellationToken cancellation) => store.RequireShopAsync(id, cancellation);

    /// <summary>Now, as it is stored.</summary>
    DateTimeOffset Now() => clock.GetUtcNow().WholeMillis();

    /// <exception cref="RpcException">FILTER_INVALID.</exception>
    static async Task<T> ReadingAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (FilterException e)
        {
            throw Errors.Of(SegmentationErrorReason.FilterInvalid, e.Message, ("position", e.Position.ToString(CultureInfo.InvariantCulture)));
        }
    }

    /// <exception cref="FilterException">The filter cannot be read, or asks for what there is not.</exception>
    static Domain.Audiences.Audience Read(string filter, AudienceGround ground)
    {
        var audience = new AudienceFilters(ground.Measures.Models.ToDictionary(m => m.Key, m => m.Value.Model)).Read(filter);
        foreach (var field in audience.Fields)
        {
            if (field.Source == FieldSource.Trait && !Trait.IsKept(field.Key)) throw Refusal(field, Trait.IsIdentifying(field.Key)
                ? "what says who a customer is is not kept by this house; send what you need to know of it as a trait of another name, for example has_phone = true."
                : $"names of traits that are kept have 1 to {Trait.NameLengthMax} characters, none of them a control character and no space at either end; send it under another name.");
        }
        return audience;

        FilterException Refusal(AudienceField field, string remedy) => new(1 + Math.Max(0, filter.IndexOf(field.Name, StringComparison.Ordinal)), $"'{field.Name}' cannot be asked for: {remedy}");
    }

    /// <summary>A filter, or that of a saved audience, with the fields that are asked of members.</summary>
    async Task<(AudienceQuestion Question, string Filter, IReadOnlyList<AudienceField> Fields)> AskAsync(Shop shop, string audience, string filter, IEnumerable<string> fields, DateTimeOffset asOf, bool includeAnonymous, CancellationToken cancellation)
    {
        var text = audience.Length == 0 ? filter : (await store.FindAudienceAsync(shop.Id, audience, cancellation) ?? throw NotFound(shop, audience)).Filter;
        var ground = await store.ReadGroundAsync(shop, cancellation);
        var read = Read(text, ground);
        var told = FieldsOf(fields, ground);
        // By the latest fit that rests on nothing after the instant.
        if (read.Fields.Concat(told).Any(f => f.IsPredicted))
            ground = ground with { Measures = ground.Measures with { Predictor = Predictor.Of((await values.FindLatestAsync(shop.Id, asOf, cancellation))?.Model, valueOptions.Value.ToTerms()) } };
        return (new AudienceQuestion(shop, read, ground, asOf, includeAnonymous), text, told);
    }

    /// <summary>Fields by their names: each is what a filter asks for that only asks whether it is there.</summary>
    static List<AudienceField> FieldsOf(IEnumerable<string> names, AudienceGround ground)
    {
        var (found, violations) = (new List<AudienceField>(), new Violations());
        foreach (var (i, name) in names.Index())
        {
            try
            {
                if (Read(name + ":*", ground).Fields is [var field] && field.Name == name) found.Add(field);
                else violations.Add(FormattableString.Invariant($"fields[{i}]"), "must be the name of one field");
            }
            catch (FilterException e)
            {
                violations.Add(FormattableString.Invariant($"fields[{i}]"), e.Message);
            }
        }
        violations.Throw();
        return found;
    }

    static RpcException NotFound(Shop shop, string audience)
        => Errors.Of(SegmentationErrorReason.AudienceNotFound, $"Shop '{shop.Id}' has no audience '{audience}'; ListAudiences names those that there are.", ("shop", shop.Id), ("audience", audience));

    V1.Audience Answer(Shop shop, string audience, AudienceChanged changed) => changed.Refusal switch
    {
        Storage.Refusal.None => AudienceMapping.ToProto(shop.Id, changed.Audience!),
        Storage.Refusal.NotFound => throw NotFound(shop, audience),
        Storage.Refusal.Exists => throw Errors.Of(SegmentationErrorReason.AudienceExists, $"There is an audience '{audience}' with another content; choose another id, or update it.", ("audience", audience)),
        Storage.Refusal.EtagMismatch => throw Changed(audience),
        _ => throw Errors.Of(SegmentationErrorReason.TooManyAudiences, $"Shop '{shop.Id}' has {options.Value.AudiencesMax} audiences, as many as a shop may have; delete one that is not used.", ("shop", shop.Id), ("most", options.Value.AudiencesMax.ToString(CultureInfo.InvariantCulture))),
    };

    static RpcException Changed(string audience) => Errors.Of(SegmentationErrorReason.EtagMismatch, $"Audience '{audience}' has changed since it was read; read it again.", ("audience", audience));
}
