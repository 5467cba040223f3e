namespace Perennial.Ingestion.Domain;

/// <summary>An event that was judged good, ready for the log. Whose it is, and with that its partition, the commit decides. Times have whole milliseconds.</summary>
/// <param name="Ids">Strongest first, at least one.</param>
/// <param name="Payload">The encoded event, kept as it came: all raw times included.</param>
internal sealed record LogEvent(string Shop, CustomerId[] Ids, string MessageId, DateTimeOffset EventTime, DateTimeOffset ReceiveTime, byte[] Payload);

/// <summary>An event that has its customer and its partition.</summary>
/// <param name="Partition">Follows from shop and customer.</param>
/// <param name="Customer">Empty for what concerns the shop itself.</param>
/// <param name="MessageId">Empty for what the house itself wrote of a customer.</param>
/// <param name="ReattributeTime">When it came to this customer, for one that was another's before.</param>
internal sealed record PlacedEvent(int Partition, string Shop, string Customer, bool Identified, string MessageId, DateTimeOffset EventTime, DateTimeOffset ReceiveTime, byte[] Payload, DateTimeOffset? ReattributeTime = null);

/// <summary>What became of one event of a commit.</summary>
/// <param name="Position">0 unless it was recorded now.</param>
/// <param name="Suppressed">The id for which it was refused.</param>
internal readonly record struct AppendResult(int Partition, long Position, CustomerId? Suppressed);

/// <summary>What became of a commit: of each event in turn, and of the ids that they carried.</summary>
/// <param name="LimitedCount">How often an id stayed on its own because a customer has as many of its kind as they may.</param>
internal sealed record AppendReport(AppendResult[] Results, int LinkedCount, int LimitedCount);

/// <summary>An event as the log has it.</summary>
internal sealed record LoggedEvent(long Position, string Shop, string Customer, bool Identified, DateTimeOffset EventTime, DateTimeOffset ReceiveTime, byte[] Payload, DateTimeOffset? ReattributeTime);

/// <summary>Consecutive events of a partition.</summary>
/// <param name="Next">Everything up to here is covered, whether or not an event of it is among <paramref name="Events"/>.</param>
/// <param name="Low">Up to where retention had removed the partition once this was read.</param>
internal sealed record LogPage(IReadOnlyList<LoggedEvent> Events, long Next, long Low);
