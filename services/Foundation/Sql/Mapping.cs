using System.Data;
using System.Data.Common;
using System.Globalization;
using Dapper;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace Perennial.Foundation.Sql;

/// <summary>
/// How values live in each dialect, once. Instants: <c>datetime2(3)</c> in UTC, or integer milliseconds since 1970. Money:
/// <c>decimal(19,4)</c>, or an integer of ten-thousandths. Dates: <c>date</c>, or an integer of days since 1970.
/// </summary>
public static class Mapping
{
    const decimal MoneyScale = 10_000m;
    static readonly DateOnly Epoch = new(1970, 1, 1);
    static readonly Lock Once = new();
    static bool _registered;

    public static void Register()
    {
        lock (Once)
        {
            if (_registered) return;
            _registered = true;
            Use(new InstantHandler());
            Use(new MoneyHandler());
            Use(new DateHandler());
            SqlMapper.AddTypeHandler(new KeySetHandler());
            DefaultTypeMap.MatchNamesWithUnderscores = true;
        }
    }

    /// <summary>A value as a bulk append stores it.</summary>
    public static object ToStore(object? value, bool sqlServer) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset instant => sqlServer ? instant.UtcDateTime : instant.ToUnixTimeMilliseconds(),
        // The cast matters: without it long widens to decimal.
        decimal money => sqlServer ? money : (object)ToTenThousandths(money),
        DateOnly date => sqlServer ? date.ToDateTime(TimeOnly.MinValue) : (long)(date.DayNumber - Epoch.DayNumber),
        bool flag => sqlServer ? flag : flag ? 1L : 0L,
        Enum e => Convert.ToInt32(e, CultureInfo.InvariantCulture),
        _ => value,
    };

    /// <summary>Money, or a sum of it, of a row that is read without a mapper.</summary>
    public static decimal ReadMoney(DbDataReader reader, int column)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.GetFieldType(column) == typeof(long) ? reader.GetInt64(column) / MoneyScale : reader.GetDecimal(column);
    }

    internal static long ToTenThousandths(decimal money) => (long)decimal.Round(money * MoneyScale, 0, MidpointRounding.ToEven);

    static void Use<T>(SqlMapper.TypeHandler<T> handler) where T : struct
    {
        SqlMapper.RemoveTypeMap(typeof(T));
        SqlMapper.RemoveTypeMap(typeof(T?));
        SqlMapper.AddTypeHandler(handler);
    }

    sealed class InstantHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value)
        {
            parameter.Value = ToStore(value, parameter is SqlParameter);
            if (parameter is SqlParameter sql) (sql.SqlDbType, sql.Scale) = (SqlDbType.DateTime2, 3);
            else parameter.DbType = DbType.Int64;
        }

        public override DateTimeOffset Parse(object value) => value is DateTime utc
            ? new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc))
            : DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(value, CultureInfo.InvariantCulture));
    }

    sealed class MoneyHandler : SqlMapper.TypeHandler<decimal>
    {
        public override void SetValue(IDbDataParameter parameter, decimal value)
        {
            parameter.Value = ToStore(value, parameter is SqlParameter);
            if (parameter is SqlParameter sql) (sql.SqlDbType, sql.Precision, sql.Scale) = (SqlDbType.Decimal, 19, 4);
            else parameter.DbType = DbType.Int64;
        }

        // SQLite answers the integer of a STRICT column or of a sum over it.
        public override decimal Parse(object value) => value is decimal money ? money : Convert.ToInt64(value, CultureInfo.InvariantCulture) / MoneyScale;
    }

    sealed class DateHandler : SqlMapper.TypeHandler<DateOnly>
    {
        public override void SetValue(IDbDataParameter parameter, DateOnly value)
        {
            parameter.Value = ToStore(value, parameter is SqlParameter);
            parameter.DbType = parameter is SqliteParameter ? DbType.Int64 : DbType.Date;
        }

        public override DateOnly Parse(object value) => value is DateTime day
            ? DateOnly.FromDateTime(day)
            : Epoch.AddDays(Convert.ToInt32(value, CultureInfo.InvariantCulture));
    }

    sealed class KeySetHandler : SqlMapper.TypeHandler<KeySet>
    {
        public override void SetValue(IDbDataParameter parameter, KeySet? value)
        {
            parameter.Value = value!.ToJson(escapes: parameter is not SqlParameter);
            if (parameter is SqlParameter sql) (sql.SqlDbType, sql.Size) = (SqlDbType.NVarChar, -1);
        }

        public override KeySet Parse(object value) => throw new NotSupportedException("A set of keys is never read.");
    }
}
