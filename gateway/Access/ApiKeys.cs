using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Perennial.Gateway.Access;

/// <summary>Who calls: the shop of the key, and the key's hash to tell keys apart.</summary>
internal sealed record Caller(string Shop, string KeyHash);

/// <summary>
/// Makes and knows keys. A key is <c>pk_{shop}_{32 URL-safe characters}</c>: 192 random bits, so its SHA-256 is all that needs
/// keeping and there is nothing to guess. Whoever makes a key sees it once.
/// </summary>
internal sealed class ApiKeys(ApiKeyStore store, IOptions<GatewayOptions> options, TimeProvider clock, ILogger<ApiKeys> log)
{
    internal const string Prefix = "pk_";
    const int RandomBytes = 24;

    // Far longer than any key: what is longer is no key and is not worth hashing.
    const int KeyLengthMax = 256;

    readonly ConcurrentDictionary<string, (Caller? Caller, long AskedAt)> _known = new(StringComparer.Ordinal);

    /// <summary>A new key of a shop. It is not stored and cannot be shown again.</summary>
    public async Task<string> CreateAsync(string shop, string name, CancellationToken cancellation)
    {
        var key = NewKey(shop);
        await store.InsertAsync(Hash(key), shop, name, clock.GetUtcNow(), cancellation);
        Log.KeyCreated(log, shop, name);
        return key;
    }

    /// <summary>A new key unless there is any key of any shop; then null.</summary>
    public async Task<string?> CreateFirstAsync(string shop, string name, CancellationToken cancellation)
    {
        var key = NewKey(shop);
        if (!await store.InsertFirstAsync(Hash(key), shop, name, clock.GetUtcNow(), cancellation)) return null;
        Log.KeyCreated(log, shop, name);
        return key;
    }

    public Task<bool> AnyAsync(CancellationToken cancellation) => store.AnyAsync(cancellation);

    /// <summary>Takes a key out of force, here at once, in other processes within <see cref="GatewayOptions.KeyCacheSeconds"/>. False when it was not in force.</summary>
    public async Task<bool> RevokeAsync(string key, CancellationToken cancellation)
    {
        var hash = Hash(key);
        var shop = await store.FindAsync(hash, cancellation);
        var revoked = await store.RevokeAsync(hash, clock.GetUtcNow(), cancellation);
        _known.TryRemove(hash, out _);
        if (revoked) Log.KeyRevoked(log, shop ?? "");
        return revoked;
    }

    /// <summary>The caller of a key that is in force, or null.</summary>
    public async ValueTask<Caller?> FindAsync(string key, CancellationToken cancellation)
    {
        if (key.Length > KeyLengthMax || !key.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var hash = Hash(key);
        var keep = TimeSpan.FromSeconds(options.Value.KeyCacheSeconds);
        if (_known.TryGetValue(hash, out var known) && clock.GetElapsedTime(known.AskedAt) < keep) return known.Caller;
        var caller = await store.FindAsync(hash, cancellation) is { } shop ? new Caller(shop, hash) : null;
        if (keep > TimeSpan.Zero) Remember(hash, caller);
        return caller;
    }

    void Remember(string hash, Caller? caller)
    {
        // Starting afresh when full bounds memory without bookkeeping on the way of every request; keys in use come back with one look-up each.
        if (_known.Count >= options.Value.KeyCacheSizeMax) _known.Clear();
        _known[hash] = (caller, clock.GetTimestamp());
    }

    static string NewKey(string shop) => $"{Prefix}{shop}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes))}";

    static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
