using System.ComponentModel.DataAnnotations;

namespace Perennial.Ingestion;

/// <summary>Every knob of this house (section <c>Ingestion</c>).</summary>
internal sealed class IngestionOptions
{
    /// <summary>
    /// Partitions of the log: how many readers of one house can share the work. Fixed at the first start, since a customer's
    /// partition follows from it; 4 keeps every core of a small machine busy.
    /// </summary>
    [Range(1, 64)]
    public int Partitions { get; set; } = 4;

    /// <summary>Largest event, encoded: what Segment and RudderStack allow, so that nothing they accept is refused here.</summary>
    [Range(1_024, 1_048_576)]
    public int EventBytesMax { get; set; } = 32 * 1024;

    /// <summary>Most events in one call: Segment's limit.</summary>
    [Range(1, 10_000)]
    public int BatchEventsMax { get; set; } = 2_500;

    /// <summary>Most events that wait for their commit; more answers OVERLOADED at once instead of a timeout later.</summary>
    [Range(10_000, 1_000_000)]
    public int QueueEventsMax { get; set; } = 50_000;

    /// <summary>Most bytes that wait for their commit: keeps memory flat when events are large. Holds the largest message twice.</summary>
    [Range(32 * 1024 * 1024, 1024 * 1024 * 1024)]
    public int QueueBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>Events after which a commit takes no further call in: bounds how long a writer holds the log.</summary>
    [Range(1, 100_000)]
    public int CommitEventsMax { get; set; } = 10_000;

    /// <summary>How far ahead of our clock an event may lie, in seconds; it then counts as of its receipt. Clocks differ by minutes, not by hours.</summary>
    [Range(0, 86_400)]
    public int FutureToleranceSeconds { get; set; } = 300;

    /// <summary>How often commits of other replicas are looked for, in milliseconds: the most that their events come late to a reader here.</summary>
    [Range(10, 10_000)]
    public int PollMillis { get; set; } = 200;

    /// <summary>A following reader hears at least this often, in seconds; readers take 30 s of silence for a fault.</summary>
    [Range(1, 10)]
    public int HeartbeatSeconds { get; set; } = 4;

    /// <summary>Event bytes after which a feed message is closed: with its envelopes it stays below the 4 MiB that a gRPC client takes by default.</summary>
    [Range(65_536, 8 * 1024 * 1024)]
    public int PageBytesMax { get; set; } = 2 * 1024 * 1024;

    /// <summary>
    /// SQLite: keys of events in memory before they become sorted runs on disk, 64 bytes an event. Few make many runs to merge, many hold the
    /// commits up for longer when they are written; they are read again from the log after a crash.
    /// </summary>
    [Range(1_000, 4_000_000)]
    public int KeySetMax { get; set; } = 262_144;

    /// <summary>SQLite: bits of memory per message key that was ever recorded. 16 makes one look at the disk in 1,000 needless and takes 20 MB per ten million events.</summary>
    [Range(6, 24)]
    public int KeyFilterBits { get; set; } = 16;

    /// <summary>Most anonymous ids that join one customer by events: a browser or device each. More come from an id that many share.</summary>
    [Range(1, 10_000)]
    public int AnonymousIdsMax { get; set; } = 100;

    /// <summary>Most e-mail addresses that join one customer by events: an address each at home, at work and what they had before.</summary>
    [Range(1, 1_000)]
    public int EmailsMax { get; set; } = 5;

    /// <summary>Most ids of one other system that join one customer by events: a system has one for a person, and now and then a second.</summary>
    [Range(1, 1_000)]
    public int ExternalIdsMax { get; set; } = 5;

    /// <summary>Events that are recorded anew in one commit when a customer's history moves: bounds how long callers wait behind it.</summary>
    [Range(1, 10_000)]
    public int ReattributeEventsMax { get; set; } = 2_000;

    /// <summary>
    /// Most of the commits' time that imports take while other events wait, in percent, all imports together: a large history must not make
    /// the senders of today wait. While nothing waits they go as fast as the log.
    /// </summary>
    [Range(1, 100)]
    public int ImportSharePercent { get; set; } = 25;

    /// <summary>Most different facts of one import: they are for people to read.</summary>
    [Range(10, 1_000)]
    public int ImportFactsMax { get; set; } = 100;

    /// <summary>
    /// Days after which an event is removed, counted from its receipt, once every registered reader has applied it; 0 keeps everything, so
    /// that every house can be built anew from the log. Message ids stay known for ever either way.
    /// </summary>
    [Range(0, 36_500)]
    public int RetentionDays { get; set; }

    /// <summary>How often retention looks for what has aged, in seconds: days need no more.</summary>
    [Range(1, 86_400)]
    public int RetentionPollSeconds { get; set; } = 60;

    /// <summary>Registered readers of one shop, and of every shop: each is waited for, so a name that changes with every start must be noticed.</summary>
    [Range(1, 10_000)]
    public int ReadersMax { get; set; } = 100;

    /// <summary>How often the lag of the readers is measured for the metrics, in seconds.</summary>
    [Range(1, 3_600)]
    public int ReaderPollSeconds { get; set; } = 10;

    /// <summary>Most events in quarantine per shop; beyond it faulty events are refused again, never an older one dropped in silence. A hundred thousand are a gigabyte at most of what shops send.</summary>
    [Range(0, 10_000_000)]
    public int QuarantineEventsMax { get; set; } = 100_000;

    /// <summary>Largest payload in quarantine, in characters: what the gateway takes as one item, with room for another spelling of it.</summary>
    [Range(32 * 1024, 2 * 1024 * 1024)]
    public int QuarantinePayloadMax { get; set; } = 256 * 1024;

    /// <summary>How often it is looked whether the readers have followed an erasure, in seconds: until then the log still names the person to them.</summary>
    [Range(1, 3_600)]
    public int ErasurePollSeconds { get; set; } = 5;
}
