using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    const int FieldsMax = 20, MemberPageSize = 1_000, MemberPageSizeMax = 10_000;

    public override Task StreamAudienceMembers(StreamAudienceMembersRequest request, IServerStreamWriter<StreamAudienceMembersResponse> stream, ServerCallContext context) => ReadingAsync(async () =>
    {
        var violations = new Violations().Shop(request.Shop).AudienceOrFilter(request.Audience, request.Filter).Instant(request.AsOf, "as_of").PageSize(request.PageSize)
            .Require(request.Fields.Count <= FieldsMax, "fields", $"must be at most {FieldsMax}");
        if (request.AfterCustomer.Length > 0) violations.Subject(request.AfterCustomer, "after_customer");
        violations.Throw();
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        var size = Pages.Size(request.PageSize, MemberPageSize, MemberPageSizeMax);
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var (question, _, fields) = await AskAsync(shop, request.Audience, request.Filter, request.Fields, asOf, request.IncludeAnonymous, context.CancellationToken);
        var response = new StreamAudienceMembersResponse();
        await foreach (var member in MembersAsync(question, request.AfterCustomer, fields, Calendar.DateOf(asOf, shop.Zone), context.CancellationToken))
        {
            response.Members.Add(member);
            if (response.Members.Count < size) continue;
            await stream.WriteAsync(response, context.CancellationToken);
            response = new StreamAudienceMembersResponse();
        }
        if (response.Members.Count > 0) await stream.WriteAsync(response, context.CancellationToken);
        return true;
    });

    IAsyncEnumerable<AudienceMember> MembersAsync(AudienceQuestion question, string after, IReadOnlyList<AudienceField> fields, DateOnly today, CancellationToken cancellation)
        => fields.Count == 0
        ? store.ListMembersAsync(question, after, cancellation).Select(id => new AudienceMember { Customer = id })
        : store.ListStatesAsync(question, after, cancellation).Select(m => new AudienceMember { Customer = m.Customer, Values = { fields.Select(f => AudienceMapping.ToProto(m.State.Value(f, today))) } });
}
