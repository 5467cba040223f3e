using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Import;

/// <summary>How a source is written.</summary>
internal enum ImportFormat
{
    /// <summary>Rows of orders below a header.</summary>
    Csv,
    /// <summary>A JSON object per line: an event each.</summary>
    Ndjson,
}

/// <summary>
/// What is imported: a file or standard input (<c>-</c>), plain or gzipped, CSV or NDJSON, told by its content. Standard input is put
/// into a temporary file first, since an import that is resumed reads its source again.
/// </summary>
internal sealed class ImportFile : IDisposable
{
    const string StandardInput = "-";
    const int NameLengthMax = 40;
    readonly string _path;
    readonly bool _isTemporary;

    ImportFile(string name, string path, bool isTemporary)
    {
        (Name, _path, _isTemporary) = (name, path, isTemporary);
        using (var file = Raw()) (Length, Hash) = (file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
        Format = Sniff();
    }

    /// <summary>As a person calls it, without its folder.</summary>
    public string Name { get; }

    public ImportFormat Format { get; }

    /// <summary>Bytes as they are stored.</summary>
    public long Length { get; }

    /// <summary>SHA-256 of the bytes as they are stored.</summary>
    public string Hash { get; }

    /// <exception cref="StartException">When there is no such file or it cannot be read.</exception>
    public static ImportFile Open(string path)
    {
        try
        {
            if (path == StandardInput) return Spool();
            return File.Exists(path) ? new ImportFile(Path.GetFileName(path), path, isTemporary: false) : throw new StartException($"there is no file '{path}'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new StartException($"cannot import '{path}': {e.Message}", e);
        }
    }

    /// <summary>The text from its beginning, decompressed. <paramref name="position"/> tells how many stored bytes of it were read.</summary>
    public Stream Read(out Func<long> position)
    {
        var file = Raw();
        position = () => file.CanRead ? file.Position : Length;
        Span<byte> head = stackalloc byte[2];
        var isGzip = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head is [0x1f, 0x8b];
        file.Position = 0;
        return isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>The same for the same content read in the same way: <c>orders-csv-1f2e3d4c5b6a</c>.</summary>
    /// <param name="reading">What else decides which events come of the content.</param>
    public string ImportId(string reading)
    {
        var slug = new StringBuilder();
        foreach (var c in Name.ToLowerInvariant().Take(NameLengthMax))
        {
            if (char.IsAsciiLetterOrDigit(c)) slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }
        var name = slug.ToString().Trim('-');
        return $"{(name.Length > 0 ? name : "import")}-{Fingerprint(reading)}";
    }

    /// <summary>Twelve digits for content and reading.</summary>
    public string Fingerprint(string reading) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Hash}\n{reading}")))[..12];

    public void Dispose()
    {
        if (_isTemporary) File.Delete(_path);
    }

    static ImportFile Spool()
    {
        var path = Path.GetTempFileName();
        using (var input = Console.OpenStandardInput())
        using (var file = File.Create(path)) input.CopyTo(file);
        return new ImportFile("standard input", path, isTemporary: true);
    }

    FileStream Raw() => new(_path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.SequentialScan);

    ImportFormat Sniff()
    {
        using var text = Read(out _);
        Span<byte> head = stackalloc byte[256];
        foreach (var b in head[..text.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)])
        {
            // White space and the bytes of a byte order mark tell nothing.
            if (b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0xef or 0xbb or 0xbf) continue;
            return b == '{' ? ImportFormat.Ndjson : ImportFormat.Csv;
        }
        return ImportFormat.Csv;
    }
}
