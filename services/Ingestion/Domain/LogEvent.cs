namespace Perennial.Ingestion.Domain;

/// <summary>An event that was judged good, ready for the log. Times have whole milliseconds.</summary>
/// <param name="Partition">Follows from shop and customer.</param>
/// <param name="Customer">Empty for what concerns the shop itself.</param>
/// <param name="Payload">The encoded event, kept as it came: all raw times included.</param>
internal sealed record LogEvent(int Partition, string Shop, string Customer, bool Identified, string MessageId, DateTimeOffset EventTime, DateTimeOffset ReceiveTime, byte[] Payload);

/// <summary>An event as the log has it.</summary>
internal sealed record LoggedEvent(long Position, string Shop, string Customer, bool Identified, DateTimeOffset EventTime, DateTimeOffset ReceiveTime, byte[] Payload);

/// <summary>Consecutive events of a partition.</summary>
/// <param name="Next">Everything up to here is covered, whether or not an event of it is among <paramref name="Events"/>.</param>
/// <param name="Low">Up to where retention had removed the partition once this was read.</param>
internal sealed record LogPage(IReadOnlyList<LoggedEvent> Events, long Next, long Low);
