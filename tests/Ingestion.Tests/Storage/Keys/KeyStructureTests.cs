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
        var keys = Enumerable.Range(1, 3_000).Select(i => new MessageKey((ulong)(i % 700), MessageKey.PlaceOf(i % 3, i))).ToList();
        keys.ForEach(table.Add);
        for (var digest = 0UL; digest < 800; digest++) Assert.Equal(keys.Where(k => k.Digest == digest).Order(), Find(table, digest).Order());

        table.DropUpTo([1_000, 2_000, 3_000]);
        var kept = keys.Where(k => k.Position > (k.Partition + 1) * 1_000).ToList();
        Assert.Equal(kept.Count, table.Count);
        Assert.Equal(kept.Order(), table.ToArray().Order());
        Assert.All(kept, key => Assert.Contains(key, Find(table, key.Digest)));
    }

    [Fact]
    public void A_run_names_the_chunk_of_every_key_however_the_digests_are_spread()
    {
        var spreads = Gen.OneOf(
            Gen.Choose(0, int.MaxValue).Select(i => (ulong)i * 4_294_967_299UL),
            Gen.Choose(0, 5_000).Select(i => (ulong)i),
            Gen.Choose(0, 5_000).Select(i => ulong.MaxValue - (ulong)i));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(spreads.ListOf(3_000).ToArbitrary(), digests =>
        {
            var keys = digests.Select((d, i) => new MessageKey(d, i + 1)).Order().ToArray();
            var chunks = KeyChunks.Of(1, keys, KeyFilter.Bytes(12));
            var run = new KeyRun(1, 0, chunks.Count);
            chunks.ForEach(c => run.Add(c.First, c.Filter));
            return keys.All(key => run.ChunkOf(key.Digest) is >= 0 and var chunk && KeysOf(chunks[chunk]).Contains(key))
                && chunks.SelectMany(KeysOf).SequenceEqual(keys)
                && chunks.SkipLast(1).All(c => KeysOf(c).Count() >= KeyChunks.KeysPerChunk);
        }));
    }

    [Fact]
    public void A_filter_of_twelve_bits_is_wrong_less_than_once_in_a_hundred()
    {
        var keys = Enumerable.Range(0, 25_000).Select(i => new MessageKey(MessageKey.DigestOf("shop", $"m{i}"), i + 1)).Order().ToArray();
        var chunks = KeyChunks.Of(1, keys, KeyFilter.Bytes(12));
        var run = new KeyRun(1, 0, chunks.Count);
        chunks.ForEach(c => run.Add(c.First, c.Filter));

        Assert.InRange(Enumerable.Range(0, 100_000).Count(i => run.ChunkOf(MessageKey.DigestOf("shop", $"n{i}")) >= 0), 0, 1_000);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(63, (1L << 56) - 1)]
    public void A_place_is_partition_and_position(int partition, long position)
    {
        var key = new MessageKey(ulong.MaxValue, MessageKey.PlaceOf(partition, position));
        var bytes = new byte[MessageKey.Bytes];
        key.Write(bytes);
        Assert.Equal(key, MessageKey.Read(bytes));
        Assert.Equal((partition, position), (key.Partition, key.Position));
    }

    static IEnumerable<MessageKey> KeysOf(KeyChunk chunk) => chunk.Keys.Chunk(MessageKey.Bytes).Select(k => MessageKey.Read(k));

    static List<MessageKey> Find(KeyTable table, ulong digest)
    {
        var found = new List<MessageKey>();
        for (var from = -1; table.TryNext(digest, ref from, out var key);) found.Add(key);
        return found;
    }
}
