using System.Text;
using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Foundation.Tests.Sql;

/// <summary>What is deleted is gone from the file, not only from the tables.</summary>
public sealed class ForgettingTests
{
    const string Marker = "a-name-that-stands-nowhere-else";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Overwrites_what_is_deleted_on_the_disk()
    {
        var folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
        try
        {
            await using (var database = new SqliteDatabase("foundation", folder))
            {
                await Migrator.ApplyAsync(database, typeof(ForgettingTests).Assembly, Cancellation);
                await AddAsync(database);
                Assert.True(await IsOnDiskAsync(folder));
                await database.WriteAsync(write => write.Connection.ExecuteAsync("DELETE FROM thing WHERE id <> 'other'", transaction: write.Transaction), Cancellation);
            }
            Assert.False(await IsOnDiskAsync(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Rows that fit a page, in an order that splits pages, and some that take pages of their own.</summary>
    static Task AddAsync(SqliteDatabase database)
    {
        var large = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Marker, 500)));
        return database.WriteAsync(write => write.AppendAsync("thing", ["id", "at", "flag", "payload"],
            [.. Enumerable.Range(0, 500).Select(i => new object?[] { $"{i * 7919 % 500}-{Marker}", DateTimeOffset.UnixEpoch, true, i % 10 == 0 ? large : null })], Cancellation), Cancellation);
    }

    static async Task<bool> IsOnDiskAsync(string folder)
    {
        foreach (var file in Directory.GetFiles(folder))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, Cancellation);
            if (bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(Marker)) >= 0) return true;
        }
        return false;
    }
}
