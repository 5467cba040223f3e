using System.Collections.Frozen;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using CsvHelper;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Import;

/// <summary>
/// Reads a CSV of orders, row by row: separated by comma, semicolon, tab or bar, quoted as usual, UTF-8. Numbers have a
/// decimal point, or a decimal comma where the separator is a semicolon; they have no thousands separators.
/// </summary>
internal sealed class OrderFile : IDisposable
{
    const int FieldLengthMax = 200;
    const decimal NumberMax = 1_000_000_000m;
    static readonly Field[] Ids = [Field.OrderId, Field.CustomerId, Field.ProductId];

    static readonly FrozenDictionary<string, OrderStatus> Statuses = new Dictionary<string, OrderStatus>(StringComparer.OrdinalIgnoreCase)
    {
        ["completed"] = OrderStatus.Completed,
        ["complete"] = OrderStatus.Completed,
        ["paid"] = OrderStatus.Completed,
        ["partially_paid"] = OrderStatus.Completed,
        ["partially_refunded"] = OrderStatus.Completed,
        ["authorized"] = OrderStatus.Completed,
        ["processing"] = OrderStatus.Completed,
        ["fulfilled"] = OrderStatus.Completed,
        ["shipped"] = OrderStatus.Completed,
        ["delivered"] = OrderStatus.Completed,
        ["closed"] = OrderStatus.Completed,
        ["cancelled"] = OrderStatus.Cancelled,
        ["canceled"] = OrderStatus.Cancelled,
        ["voided"] = OrderStatus.Cancelled,
        ["refunded"] = OrderStatus.Refunded,
        ["returned"] = OrderStatus.Refunded,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    readonly CsvReader _csv;
    readonly ColumnMap _map;
    readonly CultureInfo _numbers;
    readonly string[] _constants;
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    bool _isUnclosed;

    OrderFile(Stream stream, AskedMapping asked)
    {
        _csv = CsvReader.Create(stream, Options with { OnMalformedRecord = malformed => _isUnclosed |= malformed.Reason == CsvMalformedReason.UnterminatedQuote }, leaveOpen: false);
        _csv.ReadHeader();
        if (_csv.Headers.Count == 0) throw new StartException("it is empty; its first line must name the columns.");
        Mapping = asked.Over(asked.File ?? ImportMapping.For(_csv.Headers));
        _map = ColumnMap.Of(_csv.Headers, asked.Columns, Mapping);
        _constants = Array.ConvertAll(Enum.GetValues<Field>(), field => Mapping.Constants.GetValueOrDefault(ColumnMap.NameOf(field), ""));
        _numbers = _csv.Separator == ';' ? DecimalComma : CultureInfo.InvariantCulture;
    }

    public ColumnMap Map => _map;

    /// <summary>The mapping that was asked for, or else the one built in for such a header.</summary>
    public ImportMapping Mapping { get; }

    static CsvReaderOptions Options { get; } = new()
    {
        TrimWhitespace = true,
        TrimInsideQuotes = true,
        TrackLineNumbers = true,
        PoolStrings = true,
        // An unclosed quote must not read gigabytes into one field.
        MaxRecordSize = 1024 * 1024,
    };

    static CultureInfo DecimalComma { get; } = new("") { NumberFormat = { NumberDecimalSeparator = ",", NumberGroupSeparator = "" } };

    /// <exception cref="StartException">When the file is empty, damaged, or lacks a column.</exception>
    public static OrderFile Open(ImportFile file, AskedMapping asked)
    {
        try
        {
            return new OrderFile(file.Read(out _), asked);
        }
        catch (Exception e) when (e is StartException or IOException or UnauthorizedAccessException or InvalidDataException or CsvFormatException)
        {
            throw new StartException($"cannot import '{file.Name}': {e.Message}", e);
        }
    }

    /// <summary>
    /// Counts every row in <paramref name="facts"/> and hands it to <paramref name="accept"/> unless those leave it out, or to
    /// <paramref name="refuse"/> with the first thing that is wrong with it.
    /// </summary>
    public void Read(LocalTime times, RowFacts facts, Action<OrderRow> accept, Action<RefusedRow> refuse, CancellationToken cancellation)
    {
        void Refused(RefusedRow row)
        {
            facts.Refuse();
            refuse(row);
        }
        while (Next(Refused))
        {
            cancellation.ThrowIfCancellationRequested();
            if (ReadRow(times, out var row) is { } refused) Refused(refused);
            else if (facts.Keep(row!, Fingerprint(), _csv.GetString)) accept(row!);
        }
    }

    public void Dispose()
    {
        _hash.Dispose();
        _csv.Dispose();
    }

    /// <summary>Of all fields: 128 bits of SHA-256, so that rows of equal fingerprints are equal rows.</summary>
    UInt128 Fingerprint()
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (var i = 0; i < _csv.FieldCount; i++)
        {
            var field = _csv.GetSpan(i);
            BinaryPrimitives.WriteInt32LittleEndian(length, field.Length);
            _hash.AppendData(length);
            _hash.AppendData(field);
        }
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    bool Next(Action<RefusedRow> refuse)
    {
        try
        {
            return _csv.Read();
        }
        catch (Exception e) when (e is InvalidDataException or CsvFormatException or IOException)
        {
            // Nothing after a damaged place can be trusted.
            refuse(new RefusedRow(_csv.LineNumber + 1, "", $"the file cannot be read from here on: {e.Message.ReplaceLineEndings(" ")}"));
            return false;
        }
    }

    RefusedRow? ReadRow(LocalTime times, out OrderRow? row)
    {
        row = null;
        if (_isUnclosed) return Refuse(null, "has a quote that is never closed; nothing after it could be read");
        if (_csv.FieldCount != _map.Header.Count) return Refuse(null, $"has {_csv.FieldCount} fields, the header {_map.Header.Count}");
        foreach (var field in Ids)
        {
            if (Text(field).Length > FieldLengthMax) return Refuse(field, $"is longer than {FieldLengthMax} characters");
        }
        if (Text(Field.OrderId).Length == 0) return Refuse(Field.OrderId, "is empty");
        if (!TryTime(times, out var time)) return Refuse(Field.OrderTime, $"'{Text(Field.OrderTime)}' is not a time; write {times.Example}");
        if (!TryNumber(Field.Quantity, out var quantity)) return RefuseNumber(Field.Quantity);
        if (!TryNumber(Field.UnitPrice, out var price)) return RefuseNumber(Field.UnitPrice);
        if (!TryNumber(Field.Total, out var total)) return RefuseNumber(Field.Total);
        if (!TryStatus(out var status)) return Refuse(Field.Status, $"'{Text(Field.Status)}' is unknown; write completed, cancelled or refunded");
        if (Text(Field.Currency) is { Length: > 0 } currency && !(currency.Length == 3 && currency.All(char.IsAsciiLetter))) return Refuse(Field.Currency, $"'{currency}' is not an ISO 4217 code; write it like EUR");
        row = new OrderRow(_csv.LineNumber, Text(Field.OrderId), Text(Field.CustomerId), time, Text(Field.ProductId), Text(Field.ProductName),
            quantity ?? 1, price, total, Text(Field.Currency).ToUpperInvariant(), status);
        return null;
    }

    RefusedRow Refuse(Field? field, string reason) => new(_csv.LineNumber, field is { } f ? _map.ColumnName(f) : "", reason) { OrderId = _csv.FieldCount == _map.Header.Count ? Text(Field.OrderId) : "" };

    RefusedRow RefuseNumber(Field field) => Refuse(field, string.Create(CultureInfo.InvariantCulture, $"'{Text(field)}' is not a number up to {NumberMax:N0}; write it like {12.5m.ToString(_numbers)}"));

    string Text(Field field) => _map[field] is var i and >= 0 ? _csv.GetString(i) : _constants[(int)field];

    bool TryTime(LocalTime times, out DateTimeOffset? time)
    {
        time = null;
        if (Text(Field.OrderTime) is not { Length: > 0 } text) return true;
        if (!times.TryRead(text, out var instant)) return false;
        time = instant;
        return true;
    }

    bool TryNumber(Field field, out decimal? number)
    {
        number = null;
        if (Text(field) is not { Length: > 0 } text) return true;
        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(text, Plain, CultureInfo.InvariantCulture, out var value) && !decimal.TryParse(text, Plain, _numbers, out value) || Math.Abs(value) > NumberMax) return false;
        number = value;
        return true;
    }

    bool TryStatus(out OrderStatus? status)
    {
        status = null;
        if (Text(Field.Status) is not { Length: > 0 } text) return true;
        if (!Statuses.TryGetValue(text.StartsWith("wc-", StringComparison.Ordinal) ? text[3..] : text, out var known)) return false;
        status = known;
        return true;
    }
}
