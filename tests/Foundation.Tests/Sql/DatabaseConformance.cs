using Dapper;
using Perennial.Foundation.Hosting;
using Perennial.Foundation.Sql;
using Perennial.Testing;

namespace Perennial.Foundation.Tests.Sql;

/// <summary>What every house takes for granted of both dialects.</summary>
public abstract class DatabaseConformance : IAsyncLifetime
{
    internal static readonly House Home = new("foundation", 0, typeof(DatabaseConformance).Assembly);
    static readonly DateTimeOffset At = new(2026, 3, 29, 0, 59, 59, 999, TimeSpan.Zero);
    static readonly string[] Columns = ["id", "at", "amount", "day", "flag", "payload"];
    TestStore _store = null!;

    protected abstract Task<TestStore> CreateAsync(House house);

    Database Database => _store.Database;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await CreateAsync(Home);

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    sealed record Thing
    {
        public string Id { get; init; } = "";
        public DateTimeOffset At { get; init; }
        public decimal? Amount { get; init; }
        public DateOnly? Day { get; init; }
        public bool Flag { get; init; }
        public byte[]? Payload { get; init; }
    }

    [Theory]
    [InlineData("922337203685477.5807")]
    [InlineData("-922337203685477.5807")]
    [InlineData("0.0001")]
    [InlineData("39.9500")]
    public async Task Values_come_back_as_they_went_in(string amount)
    {
        var thing = new Thing { Id = "é'\"\\ \u2603 𝄞", At = At, Amount = decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), Day = new DateOnly(2026, 2, 28), Flag = true, Payload = [0, 1, 255] };
        await AppendAsync(thing);

        var read = await FindAsync(thing.Id);
        Assert.NotNull(read);
        Assert.Equal(thing.At, read.At);
        Assert.Equal(TimeSpan.Zero, read.At.Offset);
        Assert.Equal(thing.Amount, read.Amount);
        Assert.Equal(thing.Day, read.Day);
        Assert.True(read.Flag);
        Assert.Equal(thing.Payload, read.Payload);
    }

    [Fact]
    public async Task Rows_filled_by_hand_come_back_as_they_went_in()
    {
        Thing[] things =
        [
            new() { Id = "", At = At, Flag = false, Payload = [] },
            new() { Id = "é'\"\\ \u2603 𝄞", At = At, Flag = true, Payload = [0, 1, 255] },
            new() { Id = new string('x', 200), At = At, Flag = true, Payload = new byte[5_000] },
        ];
        await Database.WriteAsync(write => write.AppendAsync(Database.Prefix + "thing", ["id", "at", "flag", "payload"], things, static (row, thing) =>
        {
            row.Add(thing.Id);
            row.Add(thing.At);
            row.Add(thing.Flag);
            row.Add(thing.Payload!);
        }, Cancellation), Cancellation);

        foreach (var thing in things)
        {
            var read = await FindAsync(thing.Id);
            Assert.NotNull(read);
            Assert.Equal((thing.At, thing.Flag), (read.At, read.Flag));
            Assert.Equal(thing.Payload, read.Payload);
        }
    }

    static readonly string[] Numbered = ["id", "step"];

    /// <summary>A key, an amount, and a value that may be absent.</summary>
    sealed record Step(string Id, int Number, decimal Amount, DateTimeOffset? Due = null);

    static void Fill(Row row, Step step)
    {
        FillKey(row, step);
        row.Add(step.Amount);
        row.Add(step.Due);
    }

    static void FillKey(Row row, Step step)
    {
        row.Add(step.Id);
        row.Add(step.Number);
    }

    Task PutAsync(params Step[] steps) => Database.WriteAsync(write => write.PutAsync(Database.Prefix + "step", Numbered, ["amount", "due"], steps, Fill, Cancellation), Cancellation);

    sealed record StepRow
    {
        public string Id { get; init; } = "";
        public int Step { get; init; }
        public decimal Amount { get; init; }
        public DateTimeOffset? Due { get; init; }
    }

    async Task<IEnumerable<Step>> StepsAsync() => (await Database.ReadAsync(c => c.QueryAsync<StepRow>($"SELECT id, step, amount, due FROM {Database.Prefix}step"), Cancellation))
        .Select(r => new Step(r.Id, r.Step, r.Amount, r.Due)).OrderBy(s => s.Id, StringComparer.Ordinal).ThenBy(s => s.Number);

    [Fact]
    public async Task What_is_put_is_there_once_with_its_last_values()
    {
        await PutAsync(new("a", 1, 1.5m, At), new("a", 2, 2), new("A", 1, 3));
        await PutAsync(new("a", 1, -9.9999m), new("b", 1, 4, At));
        await PutAsync();
        Assert.Equal([new("A", 1, 3), new("a", 1, -9.9999m), new("a", 2, 2), new("b", 1, 4, At)], await StepsAsync());
    }

    [Fact]
    public async Task What_is_added_sums_up_from_nothing()
    {
        await AddAsync(new("a", 1, 1.5m), new("a", 2, 2));
        await AddAsync(new("a", 1, -0.5001m), new("é'\"\\ 𝄞", 1, 7));
        await AddAsync(new("a", 2, -2), new("é'\"\\ 𝄞", 1, 1));
        await AddAsync();
        Assert.Equal([new("a", 1, 0.9999m), new("a", 2, 0), new("é'\"\\ 𝄞", 1, 8)], await StepsAsync());
    }

    Task AddAsync(params Step[] steps) => Database.WriteAsync(write => write.AddAsync(Database.Prefix + "step", Numbered, ["amount"], steps, static (row, step) =>
    {
        FillKey(row, step);
        row.Add(step.Amount);
    }, Cancellation), Cancellation);

    [Fact]
    public async Task Only_what_is_there_changes()
    {
        await PutAsync(new("a", 1, 1, At), new("a", 2, 2, At));
        await Database.WriteAsync(write => write.ChangeAsync(Database.Prefix + "step", Numbered, ["amount", "due"], (Step[])[new("a", 2, 5), new("a", 3, 6), new("A", 1, 7)], Fill, Cancellation), Cancellation);
        await Database.WriteAsync(write => write.ChangeAsync(Database.Prefix + "step", Numbered, ["amount", "due"], Array.Empty<Step>(), Fill, Cancellation), Cancellation);
        Assert.Equal([new("a", 1, 1, At), new("a", 2, 5)], await StepsAsync());
    }

    [Fact]
    public async Task Whatever_has_the_keys_is_removed_and_nothing_else()
    {
        await PutAsync(new("a", 1, 1), new("a", 2, 2), new("A", 1, 3), new("b", 1, 4), new("b", 2, 5));
        await Database.WriteAsync(write => write.RemoveAsync(Database.Prefix + "step", Numbered, (Step[])[new("a", 2, 0), new("c", 1, 0)], FillKey, Cancellation), Cancellation);
        Assert.Equal([new("A", 1, 3), new("a", 1, 1), new("b", 1, 4), new("b", 2, 5)], await StepsAsync());
        await Database.WriteAsync(write => write.RemoveAsync(Database.Prefix + "step", ["id"], (Step[])[new("b", 0, 0)], static (row, step) => row.Add(step.Id), Cancellation), Cancellation);
        await Database.WriteAsync(write => write.RemoveAsync(Database.Prefix + "step", ["id"], Array.Empty<Step>(), FillKey, Cancellation), Cancellation);
        Assert.Equal([new("A", 1, 3), new("a", 1, 1)], await StepsAsync());
    }

    [Fact]
    public async Task Rows_of_one_transaction_are_put_added_changed_and_removed_in_turn()
    {
        await Database.WriteAsync(async write =>
        {
            var table = Database.Prefix + "step";
            await write.PutAsync(table, Numbered, ["amount", "due"], (Step[])[new("a", 1, 1), new("a", 2, 2), new("a", 3, 3)], Fill, Cancellation);
            await write.AddAsync(table, Numbered, ["amount"], (Step[])[new("a", 1, 10)], static (row, step) =>
            {
                FillKey(row, step);
                row.Add(step.Amount);
            }, Cancellation);
            await write.ChangeAsync(table, Numbered, ["amount", "due"], (Step[])[new("a", 2, 20, At)], Fill, Cancellation);
            await write.RemoveAsync(table, Numbered, (Step[])[new("a", 3, 0)], FillKey, Cancellation);
        }, Cancellation);
        Assert.Equal([new("a", 1, 11), new("a", 2, 20, At)], await StepsAsync());
    }

    [Fact]
    public async Task Writers_that_add_to_the_same_rows_lose_nothing()
    {
        // Each time some rows are there and some are not, and another writer may bring those in the meantime.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var round = 0; round < 10; round++) await AddAsync([.. Enumerable.Range(round * 10, 50).Select(n => new Step("sum", n, 1))]);
        }));
        Assert.Equal(Enumerable.Range(0, 140).Select(n => new Step("sum", n, 8 * Enumerable.Range(0, 10).Count(r => n >= r * 10 && n < r * 10 + 50))), await StepsAsync());
    }

    [Fact]
    public async Task Many_rows_are_put_at_once()
    {
        await PutAsync([.. Enumerable.Range(0, 3_000).Select(n => new Step("many", n, n, n % 2 == 0 ? At : null))]);
        await PutAsync([.. Enumerable.Range(1_500, 3_000).Select(n => new Step("many", n, -n))]);
        Assert.Equal(Enumerable.Range(0, 4_500).Select(n => n < 1_500 ? new Step("many", n, n, n % 2 == 0 ? At : null) : new Step("many", n, -n)), await StepsAsync());
    }

    [Fact]
    public async Task Absent_values_stay_absent()
    {
        await AppendAsync(new Thing { Id = "a", At = At }, new Thing { Id = "b", At = At, Amount = 1m, Day = new DateOnly(1969, 12, 31), Payload = [] });
        var read = await FindAsync("a");
        Assert.NotNull(read);
        Assert.Null(read.Amount);
        Assert.Null(read.Day);
        Assert.Null(read.Payload);
        Assert.Equal(new DateOnly(1969, 12, 31), (await FindAsync("b"))!.Day);
    }

    [Fact]
    public async Task Parameters_compare_as_columns_store()
    {
        await AppendAsync(new Thing { Id = "a", At = At, Amount = 10.5m, Day = new DateOnly(2026, 1, 1) });
        Assert.Equal(1, await CountAsync("at = @at AND amount = @amount AND day = @day AND flag = @flag", new { at = At, amount = 10.5m, day = new DateOnly(2026, 1, 1), flag = false }));
        Assert.Equal(0, await CountAsync("at > @at OR amount > @amount", new { at = At, amount = 10.5m }));
    }

    [Fact]
    public async Task Sums_of_money_are_exact()
    {
        await AppendAsync([.. Enumerable.Range(0, 10).Select(i => new Thing { Id = $"t{i}", At = At, Amount = 0.1m })]);
        Assert.Equal(1.0m, await Database.ReadAsync(c => c.QuerySingleAsync<decimal>($"SELECT SUM(amount) FROM {Database.Prefix}thing"), Cancellation));
    }

    [Fact]
    public async Task Keys_differ_by_case()
    {
        await AppendAsync(new Thing { Id = "user:Alice", At = At }, new Thing { Id = "user:alice", At = At });
        Assert.Equal("user:Alice", (await FindAsync("user:Alice"))!.Id);
        Assert.Equal(2, await CountAsync("1 = 1", new { }));
    }

    [Fact]
    public async Task Sets_of_keys_select_exactly_their_rows()
    {
        string[] ids = ["plain", "it's", "quo\"te", "back\\slash", "snow\u2603man", "user:A", "<html>&amp;", "𝄞", "\u2028", "back\\\\\"both\\\""];
        await AppendAsync([.. ids.Append("user:a").Append("other").Select(id => new Thing { Id = id, At = At })]);
        var found = await Database.ReadAsync(c => c.QueryAsync<string>($"SELECT t.id FROM {Database.Prefix}thing t JOIN {Database.Set("@keys", ("id", 200))} k ON k.id = t.id", new { keys = Keys.Of(ids, "id", id => id) }), Cancellation);
        Assert.Equal(ids.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_empty_set_selects_nothing()
    {
        await AppendAsync(new Thing { Id = "a", At = At });
        Assert.Empty(await Database.ReadAsync(c => c.QueryAsync<string>($"SELECT t.id FROM {Database.Prefix}thing t JOIN {Database.Set("@keys", ("id", 200))} k ON k.id = t.id", new { keys = Keys.Of(Array.Empty<string>(), "id", id => id) }), Cancellation));
    }

    [Fact]
    public async Task A_failed_write_leaves_nothing()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Database.WriteAsync(async write =>
        {
            await write.AppendAsync(Database.Prefix + "thing", Columns, [Row(new Thing { Id = "half", At = At })], Cancellation);
            throw new InvalidOperationException("midway");
        }, Cancellation));
        Assert.Null(await FindAsync("half"));
    }

    [Fact]
    public async Task Writers_that_race_for_a_key_agree_on_one()
    {
        var wins = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Database.WriteAsync(async write =>
        {
            var taken = await write.Connection.ExecuteScalarAsync<int>($"SELECT COUNT(*) FROM {Database.Prefix}thing WHERE id = @id", new { id = "one" }, write.Transaction);
            if (taken > 0) return false;
            await write.AppendAsync(Database.Prefix + "thing", Columns, [Row(new Thing { Id = "one", At = At })], Cancellation);
            return true;
        }, Cancellation)));
        Assert.Single(wins, won => won);
        Assert.Equal(1, await CountAsync("id = @id", new { id = "one" }));
    }

    [Fact]
    public async Task A_checkpoint_moves_only_from_where_it_stands()
    {
        var checkpoints = new Checkpoints(Database);
        Assert.Equal(0, await checkpoints.ReadAsync(3, Cancellation));
        Assert.True(await Move(0, 10));
        Assert.False(await Move(0, 5));
        Assert.False(await Move(9, 20));
        Assert.True(await Move(10, 20));
        Assert.Equal(20, await checkpoints.ReadAsync(3, Cancellation));
        Assert.Equal(0, await checkpoints.ReadAsync(2, Cancellation));

        Task<bool> Move(long after, long next) => Database.WriteAsync(write => checkpoints.MoveAsync(write, 3, after, next), Cancellation);
    }

    [Fact]
    public async Task Work_is_done_with_the_move_of_its_checkpoint_or_not_at_all()
    {
        var checkpoints = new Checkpoints(Database);
        Assert.True(await checkpoints.ApplyAsync(3, 0, 10, write => AddAsync(write, "first"), Cancellation));
        Assert.False(await checkpoints.ApplyAsync(3, 0, 10, write => AddAsync(write, "again"), Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => checkpoints.ApplyAsync(3, 10, 20, async write =>
        {
            await AddAsync(write, "broken");
            throw new InvalidOperationException();
        }, Cancellation));
        Assert.Equal(10, await checkpoints.ReadAsync(3, Cancellation));
        Assert.Equal((1, 1), (await CountAsync("1 = 1", new { }), await CountAsync("id = @id", new { id = "first" })));

        Task AddAsync(Write write, string id) => write.AppendAsync(Database.Prefix + "thing", Columns, [Row(new Thing { Id = id, At = At })], Cancellation);
    }

    [Fact]
    public async Task Migrations_are_applied_once_even_by_many_starters()
    {
        var again = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Migrator.ApplyAsync(Database, Home.Home, Cancellation)));
        Assert.All(again, applied => Assert.Equal(0, applied));
        await Migrator.CheckAsync(Database, Home.Home, Cancellation);
    }

    [Fact]
    public async Task A_newer_schema_stops_the_start()
    {
        await ExecuteAsync($"INSERT INTO {Database.Prefix}migration (number, name, hash, apply_time) VALUES (9999, '9999_future', 'x', @at)");
        var error = await Assert.ThrowsAsync<StartException>(() => Migrator.ApplyAsync(Database, Home.Home, Cancellation));
        Assert.Contains("newer than this program", error.Message, StringComparison.Ordinal);
        Assert.Contains("9999_future", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_migration_stops_the_start()
    {
        await ExecuteAsync($"UPDATE {Database.Prefix}migration SET hash = 'other' WHERE number = 1 AND apply_time <= @at");
        var error = await Assert.ThrowsAsync<StartException>(() => Migrator.CheckAsync(Database, Home.Home, Cancellation));
        Assert.Contains("0001_things", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_migration_is_named_with_its_remedy()
    {
        await ExecuteAsync($"DELETE FROM {Database.Prefix}migration WHERE number = 2 AND apply_time <= @at");
        var error = await Assert.ThrowsAsync<StartException>(() => Migrator.CheckAsync(Database, Home.Home, Cancellation));
        Assert.Contains("0002_checkpoint", error.Message, StringComparison.Ordinal);
        Assert.Contains("--migrate", error.Message, StringComparison.Ordinal);
    }

    Task ExecuteAsync(string sql) => Database.WriteAsync(write => write.Connection.ExecuteAsync(sql, new { at = DateTimeOffset.MaxValue.AddDays(-1) }, write.Transaction), Cancellation);

    Task AppendAsync(params Thing[] things) => Database.WriteAsync(write => write.AppendAsync(Database.Prefix + "thing", Columns, [.. things.Select(Row)], Cancellation), Cancellation);

    static object?[] Row(Thing t) => [t.Id, t.At, t.Amount, t.Day, t.Flag, t.Payload];

    Task<Thing?> FindAsync(string id) => Database.ReadAsync(c => c.QuerySingleOrDefaultAsync<Thing>($"SELECT id, at, amount, day, flag, payload FROM {Database.Prefix}thing WHERE id = @id", new { id }), Cancellation);

    Task<int> CountAsync(string where, object values) => Database.ReadAsync(c => c.ExecuteScalarAsync<int>($"SELECT COUNT(*) FROM {Database.Prefix}thing WHERE {where}", values), Cancellation);
}

public sealed class SqliteDatabaseTests : DatabaseConformance
{
    protected override Task<TestStore> CreateAsync(House house) => TestStore.SqliteAsync(house);

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        var file = Path.GetTempFileName();
        var error = Assert.Throws<StartException>(() => new SqliteDatabase("foundation", Path.Combine(file, "below-a-file")));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
        File.Delete(file);
    }
}

public sealed class SqlServerDatabaseTests : DatabaseConformance
{
    protected override Task<TestStore> CreateAsync(House house) => TestStore.SqlServerAsync(house);
}
