using FsCheck;
using FsCheck.Fluent;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests.Domain;

public sealed class IdentityResolutionTests
{
    /// <summary>What a store would know, and how it learns what a commit links.</summary>
    sealed class Model(LinkLimits? limits = null) : IKnownIds
    {
        readonly Dictionary<(string, CustomerId), KnownId> _ids = [];
        int _messages;

        public KnownId? Find(string shop, CustomerId id) => _ids.GetValueOrDefault((shop, id));

        public int JoinedCount(string shop, CustomerId customer, string kind) => _ids.Count(i => i.Key.Item1 == shop && i.Value.Parent == customer && i.Key.Item2.Kind == kind);

        public Model With(string id, string? parent = null, bool pinned = false, bool suppressed = false)
        {
            _ids[("shop", Id(id))] = new KnownId(parent is null ? null : Id(parent), pinned, suppressed);
            return this;
        }

        public string CustomerOf(string id) => this.CustomerOf("shop", Id(id)).Text;

        public IdentityResolution Commit(params string[] events)
        {
            var resolution = IdentityResolution.Of([.. events.Select(e => Carrying(e, $"m{_messages++}"))], [], this, limits ?? new LinkLimits());
            foreach (var link in resolution.Links)
            {
                Assert.Null(Find(link.Shop, link.From)?.Parent);
                Assert.Equal(Find(link.Shop, link.From) is not null, link.Known);
                _ids[(link.Shop, link.From)] = new KnownId(link.To, false, false);
            }
            return resolution;
        }

        /// <summary>The customers of some events that are one commit.</summary>
        public string Customers(params string[] events) => string.Join(' ', Commit(events).Customers.Select(c => c?.Text ?? "-"));
    }

    // "u1+e1+a1": the ids that an event carries.
    static LogEvent Carrying(string ids, string messageId) => new("shop", [.. ids.Split('+').Select(Id)], messageId, Some.Instant, Some.Instant, []);

    static CustomerId Id(string text) => text[0] switch
    {
        'u' => CustomerId.User(text),
        'x' => CustomerId.External("shopify", text),
        'y' => CustomerId.External("erp", text),
        'e' => CustomerId.Stored("email:" + text),
        _ => CustomerId.Anonymous(text),
    };

    public static TheoryData<string, string> Rules => new()
    {
        // A visitor logs in: from then on all of it is theirs.
        { "a1 u1+a1 a1", "anon:a1 user:u1 user:u1" },
        // The first link wins on a shared device, and each of the two keeps what names them.
        { "u1+a1 u2+a1 a1 u2", "user:u1 user:u2 user:u1 user:u2" },
        // Two users are two, whatever they share.
        { "u1+e1+a1 u2+e1+a1 e1", "user:u1 user:u2 user:u1" },
        // An address is stronger than a visitor, an external id stronger than an address, a user stronger than both.
        { "e1+a1 a1", "email:e1 email:e1" },
        { "x1+e1+a1 a1 e1", "ext:shopify:x1 ext:shopify:x1 ext:shopify:x1" },
        { "u1+x1+e1 e1 x1", "user:u1 user:u1 user:u1" },
        // Who joins brings along who had joined them.
        { "e1+a1 x1+e1 u1+x1 a1", "email:e1 ext:shopify:x1 user:u1 user:u1" },
        // The weaker id leads to somebody who is weaker still: they join as one.
        { "e1+a1 u1+a1 e1", "email:e1 user:u1 user:u1" },
        // Ids of one strength never join by themselves.
        { "x1+y1 y1", "ext:shopify:x1 ext:erp:y1" },
        { "u1+x1+y1 y1", "user:u1 user:u1" },
        { "a1+a2 a2", "anon:a1 anon:a2" },
        // An alias names an earlier visitor.
        { "a2 u1+a1+a2 a2", "anon:a2 user:u1 user:u1" },
        // The strongest id decides, and what a visitor did as somebody else stays there.
        { "u1+a1 e2+a1 e2", "user:u1 email:e2 email:e2" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Each_event_belongs_to_the_customer_of_its_strongest_id(string events, string customers)
    {
        // In one commit and in one each.
        Assert.Equal(customers, new Model().Customers(events.Split(' ')));
        var model = new Model();
        Assert.Equal(customers, string.Join(' ', events.Split(' ').Select(e => model.Customers(e))));
    }

    [Fact]
    public void Says_which_customers_joined_whom_and_by_which_event()
    {
        var resolution = new Model().Commit("a1", "e1+a1", "u1+e1", "u1+a1");

        Assert.Equal([("anon:a1", "email:e1", "m1"), ("email:e1", "user:u1", "m2")], resolution.Links.Select(l => (l.From.Text, l.To.Text, l.MessageId)));
    }

    [Fact]
    public void A_pinned_id_joins_nobody_and_may_be_joined()
    {
        var model = new Model().With("e1", pinned: true);

        Assert.Equal("user:u1 email:e1 email:e1", model.Customers("u1+e1", "e1+a1", "a1"));
        // What joined it does not take it along either.
        Assert.Equal("user:u1 email:e1", model.Customers("u1+a1", "a1"));
    }

    [Fact]
    public void An_id_beyond_the_limit_of_its_kind_stays_on_its_own()
    {
        var model = new Model(new LinkLimits(Anonymous: 2, Email: 1, External: 1));

        Assert.Equal(0, model.Commit("u1+a1", "u1+x1+e1").LimitedCount);
        var resolution = model.Commit("u1+a2", "u1+a3", "u1+a3", "u1+x2", "u1+y1", "u1+e2");

        Assert.Equal(4, resolution.LimitedCount);
        Assert.Equal(["anon:a2", "ext:erp:y1"], resolution.Links.Select(l => l.From.Text));
        Assert.Equal("user:u1 anon:a3 ext:shopify:x2", string.Join(' ', new[] { "a2", "a3", "x2" }.Select(model.CustomerOf)));
        Assert.All(resolution.Customers, c => Assert.Equal("user:u1", c?.Text));
    }

    [Fact]
    public void An_event_with_an_erased_id_is_refused_for_that_id()
    {
        var resolution = new Model().With("a1", suppressed: true).Commit("u1+a1", "u1", "a1");

        Assert.Equal([null, "user:u1", null], resolution.Customers.Select(c => c?.Text));
        Assert.Equal(["anon:a1", null, "anon:a1"], resolution.Suppressed.Select(c => c?.Text));
        Assert.Empty(resolution.Links);
    }

    [Fact]
    public void A_duplicate_links_nothing_and_a_refused_event_makes_no_duplicate()
    {
        var model = new Model().With("a9", suppressed: true);
        LogEvent[] events = [Carrying("u1+a1", "known"), Carrying("a9", "m"), Carrying("u1", "m"), Carrying("u1+a2", "m")];

        var resolution = IdentityResolution.Of(events, [("shop", "known")], model, new LinkLimits());

        Assert.Equal([null, null, "user:u1", null], resolution.Customers.Select(c => c?.Text));
        Assert.Empty(resolution.Links);
    }

    [Fact]
    public void Shops_share_no_ids()
    {
        var other = Carrying("a1", "m2") with { Shop = "other" };
        Assert.Equal(["user:u1", "anon:a1"], IdentityResolution.Of([Carrying("u1+a1", "m1"), other], [], new Model(), new LinkLimits()).Customers.Select(c => c?.Text));
    }

    [Fact]
    public void However_events_are_cut_into_commits_the_customers_are_the_same_and_two_users_never_become_one()
    {
        string[] pool = ["u1", "u2", "u3", "x1", "x2", "y1", "e1", "e2", "e3", "a1", "a2", "a3", "a4"];
        var events = from ids in Gen.Choose(0, pool.Length - 1).NonEmptyListOf()
                     select string.Join('+', ids.Take(4).Distinct().Order().Select(i => pool[i]));
        var runs = from sequence in events.ListOf() from cuts in Gen.Choose(1, 5).ListOf(10) select (Events: sequence.ToArray(), Cuts: cuts.ToArray());

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(runs.ToArbitrary(), run =>
        {
            var limits = new LinkLimits(3, 2, 1);
            var (one, many) = (new Model(limits), new Model(limits));
            var whole = one.Commit(run.Events);
            var pieces = new List<CustomerId?>();
            for (var (at, cut) = (0, 0); at < run.Events.Length; at += run.Cuts[cut % run.Cuts.Length], cut++)
                pieces.AddRange(many.Commit([.. run.Events.Skip(at).Take(run.Cuts[cut % run.Cuts.Length])]).Customers);
            return whole.Customers.SequenceEqual(pieces)
                && pool.All(id => one.CustomerOf(id) == many.CustomerOf(id))
                // From weaker to stronger alone: so there is no cycle, and a user leads to nobody.
                && whole.Links.All(l => l.From.Type < l.To.Type)
                && pool.Where(id => id[0] == 'u').All(id => one.CustomerOf(id) == "user:" + id);
        }));
    }
}
