using FsCheck;
using FsCheck.Fluent;
using Perennial.Ingestion.Storage.Keys;

namespace Perennial.Ingestion.Tests.Storage.Keys;

/// <summary>The parts that keys are kept in, each against the plainest model.</summary>
public sealed class KeyStructureTests
{
    [Fact]
    public void A_table_finds_every_key_of_a_digest_and_no_other()
    {
        var table = new KeyTable();
        // Few digests, each several times, all in a small corner of the table.
        var keys = Enumerable.Range(1, 3_000).Select(i => new RunKey((ulong)(i % 700), RunKey.PlaceOf(i % 3, i))).ToList();
        keys.ForEach(table.Add);
        // What is there already changes nothing.
        keys.ForEach(table.Add);
        for (var digest = 0UL; digest < 800; digest++) Assert.Equal(keys.Where(k => k.Digest == digest).Order(), Find(table, digest).Order());

        table.Keep(key => key.Position > (key.Partition + 1) * 1_000);
        var kept = keys.Where(k => k.Position > (k.Partition + 1) * 1_000).ToList();
        Assert.Equal(kept.Count, table.Count);
        Assert.Equal(kept.Order(), table.ToSorted());
        Assert.All(kept, key => Assert.Contains(key, Find(table, key.Digest)));
    }

    [Fact]
    public void A_run_names_the_chunk_where_every_key_is_or_would_be_however_the_digests_are_spread()
    {
        var spreads = Gen.OneOf(
            Gen.Choose(0, int.MaxValue).Select(i => (ulong)i * 4_294_967_299UL),
            Gen.Choose(0, 5_000).Select(i => (ulong)i),
            Gen.Choose(0, 3).Select(i => (ulong)i << 62),
            Gen.Choose(0, 5_000).Select(i => ulong.MaxValue - (ulong)i));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(spreads.ListOf(3_000).ToArbitrary(), digests =>
        {
            // Every other place: between two keys is one that is not there.
            var keys = digests.Select((d, i) => new RunKey(d, 2 * i + 2)).Order().ToArray();
            var chunks = KeyChunks.Of(1, keys);
            var run = RunOf(RunUse.Customers, chunks);
            RunKey? FirstFrom(RunKey key) => chunks.Skip(run.ChunkOf(key)).Take(2).SelectMany(KeysOf).Select(k => (RunKey?)k).FirstOrDefault(k => k >= key);
            return keys.All(key => FirstFrom(key) == key)
                && keys.Zip(keys.Skip(1)).All(pair => FirstFrom(pair.First.Next) == pair.Second)
                && chunks.SelectMany(KeysOf).SequenceEqual(keys)
                && chunks.SkipLast(1).All(c => KeysOf(c).Count() == KeyChunks.KeysPerChunk);
        }));
    }

    [Fact]
    public void A_key_that_comes_twice_is_written_once()
    {
        RunKey[] keys = [.. Enumerable.Range(1, 1_000).SelectMany(i => Enumerable.Repeat(new RunKey((ulong)i, i), 1 + i % 3))];

        Assert.Equal(keys.Distinct(), KeyChunks.Of(1, keys).SelectMany(KeysOf));
    }

    [Theory]
    [InlineData(6, 0.1)]
    [InlineData(12, 0.01)]
    [InlineData(16, 0.002)]
    [InlineData(24, 0.0005)]
    public void A_filter_never_errs_on_what_it_has_and_seldom_on_what_it_has_not(int bits, double wrongMax)
    {
        var filter = new KeyFilter(25_000, bits);
        for (var i = 0; i < 25_000; i++) filter.Add(RunKey.DigestOfMessage("shop", $"m{i}"));

        Assert.All(Enumerable.Range(0, 25_000), i => Assert.True(filter.MayHave(RunKey.DigestOfMessage("shop", $"m{i}"))));
        Assert.InRange(Enumerable.Range(0, 100_000).Count(i => filter.MayHave(RunKey.DigestOfMessage("shop", $"n{i}"))), 0, wrongMax * 100_000);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(256, 1)]
    [InlineData(257, 257)]
    [InlineData(1_000_000_000_001, 1_000_000_000_001 - 1_000_000_000_000 % 256)]
    public void A_customers_key_has_the_place_of_its_block(long position, long first)
        => Assert.Equal((2, first), (RunKey.OfCustomer(7, 2, position).Partition, RunKey.OfCustomer(7, 2, position).Position));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(63, (1L << 56) - 1)]
    public void A_place_is_partition_and_position(int partition, long position)
    {
        var key = new RunKey(ulong.MaxValue, RunKey.PlaceOf(partition, position));
        var bytes = new byte[RunKey.Bytes];
        key.Write(bytes);
        Assert.Equal(key, RunKey.Read(bytes));
        Assert.Equal((partition, position), (key.Partition, key.Position));
    }

    static KeyRun RunOf(RunUse use, List<KeyChunk> chunks)
    {
        var run = new KeyRun(1, use, chunks.Count, filterBits: 12);
        chunks.ForEach(c => run.Add(c.Keys));
        return run;
    }

    static IEnumerable<RunKey> KeysOf(KeyChunk chunk) => chunk.Keys.Chunk(RunKey.Bytes).Select(k => RunKey.Read(k));

    static List<RunKey> Find(KeyTable table, ulong digest)
    {
        var found = new List<RunKey>();
        for (var from = -1; table.TryNext(digest, ref from, out var key);) found.Add(key);
        return found;
    }
}
