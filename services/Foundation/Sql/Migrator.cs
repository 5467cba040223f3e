using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Sql;

/// <summary>
/// Numbered, embedded <c>.sql</c> files per dialect, applied once, in order, each in its own transaction with its journal row. A
/// changed file or a database newer than this program stops the start: nothing is guessed.
/// </summary>
public static partial class Migrator
{
    sealed record Migration(int Number, string Name, string Text, string Hash);

    sealed record Applied
    {
        public int Number { get; init; }
        public string Name { get; init; } = "";
        public string Hash { get; init; } = "";
    }

    /// <summary>Applies what is missing; answers how many were.</summary>
    public static async Task<int> ApplyAsync(Database database, Assembly home, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        await database.PrepareAsync(cancellation);
        return await database.WriteAsync(async write =>
        {
            await database.LockForMigrationAsync(write, cancellation);
            await write.Connection.ExecuteAsync(database.JournalSql, transaction: write.Transaction);
            var missing = Missing(database, home, await ReadJournalAsync(database, write.Connection, write.Transaction));
            foreach (var migration in missing) await ApplyAsync(database, write, migration);
            return missing.Count;
        }, cancellation);
    }

    /// <exception cref="StartException">When a migration is missing, changed, or unknown to this program.</exception>
    public static async Task CheckAsync(Database database, Assembly home, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        await database.PrepareAsync(cancellation);
        var missing = await database.WriteAsync(async write =>
        {
            await database.LockForMigrationAsync(write, cancellation);
            await write.Connection.ExecuteAsync(database.JournalSql, transaction: write.Transaction);
            return Missing(database, home, await ReadJournalAsync(database, write.Connection, write.Transaction));
        }, cancellation);
        if (missing.Count > 0)
            throw new StartException($"schema '{database.Schema}' lacks {missing.Count} migrations (next: {missing[0].Name}); run this program once with --migrate.");
    }

    /// <summary>The texts of a dialect's migrations, in order, split into batches: what tests parse.</summary>
    public static IReadOnlyList<(string Name, string Batch)> Batches(Assembly home, string dialect)
        => [.. Read(home, dialect).SelectMany(m => Split(m.Text).Select(batch => (m.Name, batch)))];

    static async Task ApplyAsync(Database database, Write write, Migration migration)
    {
        foreach (var batch in Split(migration.Text)) await write.Connection.ExecuteAsync(batch, transaction: write.Transaction);
        await write.Connection.ExecuteAsync(
            $"INSERT INTO {database.Prefix}migration (number, name, hash, apply_time) VALUES (@Number, @Name, @Hash, @Time)",
            new { migration.Number, migration.Name, migration.Hash, Time = DateTimeOffset.UtcNow }, write.Transaction);
    }

    static async Task<List<Applied>> ReadJournalAsync(Database database, System.Data.Common.DbConnection connection, System.Data.Common.DbTransaction transaction)
        => [.. await connection.QueryAsync<Applied>($"SELECT number, name, hash FROM {database.Prefix}migration ORDER BY number", transaction: transaction)];

    static List<Migration> Missing(Database database, Assembly home, List<Applied> journal)
    {
        var known = Read(home, database.Dialect);
        foreach (var applied in journal)
        {
            var migration = known.Find(m => m.Number == applied.Number)
                ?? throw new StartException($"schema '{database.Schema}' is newer than this program (it has migration {applied.Name}); start the newer version.");
            if (migration.Hash != applied.Hash.Trim())
                throw new StartException($"migration {applied.Name} of schema '{database.Schema}' was applied with another text; a migration never changes once applied.");
        }
        return [.. known.Where(m => journal.TrueForAll(a => a.Number != m.Number))];
    }

    static List<Migration> Read(Assembly home, string dialect) => [.. home.GetManifestResourceNames()
        .Select(resource => (Resource: resource, Match: ResourceName().Match(resource)))
        .Where(r => r.Match.Success && r.Match.Groups["dialect"].Value == dialect)
        .Select(r => Load(home, r.Resource, r.Match))
        .OrderBy(m => m.Number)];

    static Migration Load(Assembly home, string resource, Match match)
    {
        using var reader = new StreamReader(home.GetManifestResourceStream(resource)!);
        var text = reader.ReadToEnd().ReplaceLineEndings("\n");
        var number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        return new Migration(number, $"{match.Groups["number"].Value}_{match.Groups["name"].Value}", text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    static IEnumerable<string> Split(string text) => GoLine().Split(text).Where(batch => !string.IsNullOrWhiteSpace(batch));

    [GeneratedRegex(@"\.Migrations\.(?<dialect>\w+)\.(?<number>\d{4})_(?<name>\w+)\.sql$")]
    private static partial Regex ResourceName();

    [GeneratedRegex(@"^\s*GO\s*$", RegexOptions.Multiline)]
    private static partial Regex GoLine();
}
