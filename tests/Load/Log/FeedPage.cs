using System.Buffers;
using Grpc.Core;

namespace Perennial.Load.Log;

/// <summary>A ReadFeedResponse that is written without being made; filled again for each message of a stream.</summary>
sealed class FeedPage(int partition, long after, int size)
{
    const byte NextTag = 2 << 3, HeadTag = 3 << 3;
    readonly LogEvent[] _events = new LogEvent[size];
    int _count;
    long _head;

    public int Partition => partition;

    /// <summary>Up to where it covers the partition.</summary>
    public long Next { get; private set; } = after;

    public bool IsLast => Next == _head;

    /// <summary>With what follows the last filling.</summary>
    public void Fill(SyntheticLog log)
    {
        _head = log.Head(partition);
        _count = log.Read(partition, Next, _events);
        Next += _count;
        _head = Math.Max(_head, Next);
    }

    public void Write(SerializationContext context)
    {
        var events = _events.AsSpan(0, _count);
        var length = 2 * (1 + Template.VarintSize);
        foreach (var e in events) length += Template.All[(int)e.Kind].Size;
        context.SetPayloadLength(length);
        var writer = context.GetBufferWriter();
        for (var i = 0; i < _count; i++) WriteEvent(writer, events[i], Next - _count + 1 + i);
        WriteNumber(writer, NextTag, Next);
        WriteNumber(writer, HeadTag, _head);
        context.Complete();
    }

    void WriteEvent(IBufferWriter<byte> writer, LogEvent e, long position)
    {
        var template = Template.All[(int)e.Kind];
        template.Write(writer.GetSpan(template.Size), e, partition, position);
        writer.Advance(template.Size);
    }

    static void WriteNumber(IBufferWriter<byte> writer, byte tag, long number)
    {
        var target = writer.GetSpan(1 + Template.VarintSize);
        target[0] = tag;
        Template.WriteVarint(target[1..], number);
        writer.Advance(1 + Template.VarintSize);
    }
}
