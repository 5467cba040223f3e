namespace Perennial.Ingestion.Domain;

/// <summary>Who an event belongs to: <c>user:{user_id}</c> when the shop knows them, else <c>anon:{anonymous_id}</c>.</summary>
internal readonly record struct Customer(string Key, bool Identified)
{
    public static Customer Of(string userId, string anonymousId)
        => userId.Length > 0 ? new Customer("user:" + userId, true) : new Customer("anon:" + anonymousId, false);
}
