using System.Security.Cryptography;
using System.Text;
using Perennial.Gateway.Webhooks;

namespace Perennial.Gateway.Tests.Webhooks;

public sealed class SecretsTests
{
    static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1614265330);

    [Fact]
    public void Signs_as_the_published_vector_of_Standard_Webhooks()
    {
        var secrets = new Secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", null, null);
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", secrets.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", Time, """{"test": 2432232314}"""u8));
    }

    [Fact]
    public void A_new_secret_has_256_random_bits_after_the_prefix()
    {
        var (one, other) = (Secrets.New().Current, Secrets.New().Current);
        Assert.NotEqual(one, other);
        Assert.StartsWith("whsec_", one, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(one["whsec_".Length..]).Length);
    }

    [Fact]
    public void After_a_rotation_the_old_secret_signs_too_until_its_time_is_over()
    {
        var before = Secrets.New();
        var after = before.Rotated(Time.AddDays(1));
        Assert.Equal([Expected(after.Current, Time), Expected(before.Current, Time)], after.Sign("id", Time, "{}"u8).Split(' '));
        Assert.Equal(Expected(after.Current, Time.AddDays(1)), after.Sign("id", Time.AddDays(1), "{}"u8));
    }

    /// <summary>As a receiver computes it.</summary>
    internal static string Expected(string secret, string id, string timestamp, byte[] body)
        => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body]));

    static string Expected(string secret, DateTimeOffset time) => Expected(secret, "id", $"{time.ToUnixTimeSeconds()}", "{}"u8.ToArray());
}
