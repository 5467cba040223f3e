namespace Perennial.Ingestion.Storage;

/// <summary>
/// How long each partition is, as far as this process has heard: never beyond what is committed. Readers at the end wait here
/// and are woken by the commit itself.
/// </summary>
internal sealed class LogHeads(int partitions)
{
    readonly Head[] _heads = [.. Enumerable.Range(0, partitions).Select(_ => new Head())];

    /// <summary>Position of the last event of a partition.</summary>
    public long this[int partition] => Volatile.Read(ref _heads[partition].Position);

    /// <summary>Wakes who waits for it. A position that is known already changes nothing.</summary>
    public void Advance(int partition, long position)
    {
        var head = _heads[partition];
        TaskCompletionSource grown;
        lock (head.Gate)
        {
            if (position <= head.Position) return;
            Volatile.Write(ref head.Position, position);
            grown = head.Grown;
            head.Grown = NewSignal();
        }
        grown.SetResult();
    }

    /// <summary>Completes once the partition is longer than <paramref name="position"/>.</summary>
    public Task BeyondAsync(int partition, long position)
    {
        var head = _heads[partition];
        lock (head.Gate) return head.Position > position ? Task.CompletedTask : head.Grown.Task;
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    sealed class Head
    {
        public readonly Lock Gate = new();
        public long Position;
        public TaskCompletionSource Grown = NewSignal();
    }
}
