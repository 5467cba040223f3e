using System.Data.Common;

namespace Perennial.Foundation.Sql;

/// <summary>
/// A query for one row that is asked so often that preparing it would cost more than running it. One object per text, kept as long as the database; where the
/// dialect prepares statements on the client, each reader keeps its own.
/// </summary>
/// <param name="text">Answers at most one row.</param>
/// <param name="read">Takes what it needs of the row.</param>
/// <param name="parameters">Names with their @, in the order in which values are given; a text has at most that many characters, 0 for what is no text.</param>
public sealed class PointQuery<T>(string text, Func<DbDataReader, T> read, params (string Name, int Length)[] parameters) where T : class
{
    public string Text => text;
    public Func<DbDataReader, T> Read => read;
    public IReadOnlyList<(string Name, int Length)> Parameters => parameters;
}
