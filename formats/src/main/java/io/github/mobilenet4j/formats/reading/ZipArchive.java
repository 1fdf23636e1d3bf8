package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * A zip archive in a file of any file system or in memory, which {@code java.util.zip.ZipFile}
 * cannot read. What is in it is told by its central directory, also beyond 4 GB (Zip64).
 */
public final class ZipArchive implements Closeable {
  /** The date of what is written: the same model gives the same bytes. */
  public static final LocalDateTime DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

  private static final int SIGNATURE = 0x504b0304;

  // As they stand in the file, read little-endian.
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;

  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_BYTES = 46;
  private static final int END_BYTES = 22;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR_BYTES = 20;
  private static final int MOST_COMMENT = 0xffff;
  private static final long IN_ZIP_64 = 0xffffffffL;

  private static final int STORED = 0;
  private static final int DEFLATED = 8;

  /** Where bytes are read from. */
  private interface Bytes extends Closeable {
    long length() throws IOException;

    /** Fills the buffer with the bytes from a place on; throws if they end earlier. */
    void read(long from, ByteBuffer to) throws IOException;

    @Override
    default void close() throws IOException {}
  }

  private record File(SeekableByteChannel channel) implements Bytes {
    @Override
    public long length() throws IOException {
      return channel.size();
    }

    @Override
    public void read(long from, ByteBuffer to) throws IOException {
      channel.position(from);
      while (to.hasRemaining()) {
        if (channel.read(to) < 0) {
          throw new IOException("it ends too early");
        }
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private record Content(ByteBuffer bytes) implements Bytes {
    @Override
    public long length() {
      return bytes.capacity();
    }

    @Override
    public void read(long from, ByteBuffer to) {
      to.put(bytes.slice((int) from, to.remaining()));
    }
  }

  /**
   * A file in the archive.
   *
   * @param stored whether it is not compressed
   * @param compressed how many bytes it takes in the archive
   * @param size how many bytes it has, as the archive says
   * @param at where its own header is
   */
  public record Entry(String name, boolean stored, long compressed, long size, long at) {}

  private final Bytes file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private ZipArchive(Bytes file) throws IOException {
    this.file = file;
    readDirectory();
  }

  /** Returns whether a file that begins so is a zip archive. */
  public static boolean recognises(byte[] first) {
    return first.length > 4 && ByteBuffer.wrap(first).getInt() == SIGNATURE;
  }

  /**
   * Opens an archive.
   *
   * @throws IOException if it cannot be read or is broken
   */
  public static ZipArchive open(Source source) throws IOException {
    Optional<Path> path = source.path();
    Bytes file =
        path.isPresent()
            ? new File(Files.newByteChannel(path.get()))
            : new Content(ByteBuffer.wrap(source.bytes()));
    try {
      return new ZipArchive(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Returns how many bytes the archive has. */
  public long length() throws IOException {
    return file.length();
  }

  /** Returns what is in it, in its order. */
  public Collection<Entry> entries() {
    return entries.values();
  }

  /** Returns what has a name; of several the last. */
  public Optional<Entry> entry(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /**
   * Returns the bytes of an entry.
   *
   * @throws MobileNetException if it has more than {@code most} bytes
   * @throws IOException if it cannot be read or is broken
   */
  public byte[] bytes(Entry entry, long most) throws IOException {
    String name = MobileNetException.abridged(entry.name);
    if (entry.size > Math.min(most, Integer.MAX_VALUE - 8)) {
      throw new MobileNetException("entry %s has more than %s bytes".formatted(name, most));
    }
    ByteBuffer header = read(entry.at, LOCAL_BYTES);
    if (header.getInt(0) != LOCAL) {
      throw new IOException("no header of " + name);
    }
    long from = entry.at + LOCAL_BYTES + size16(header, 26) + size16(header, 28);
    byte[] bytes = read(from, entry.compressed).array();
    if (!entry.stored) {
      bytes = inflated(bytes, (int) entry.size);
    }
    if (bytes.length < entry.size) {
      throw new MobileNetException("entry " + name + " is cut off");
    }
    return bytes;
  }

  private static byte[] inflated(byte[] bytes, int size) throws IOException {
    Inflater inflater = new Inflater(true);
    try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(bytes), inflater)) {
      return in.readNBytes(size);
    } finally {
      inflater.end();
    }
  }

  private void readDirectory() throws IOException {
    long length = file.length();
    int tail = (int) Math.min(length, END_BYTES + MOST_COMMENT);
    ByteBuffer last = read(length - tail, tail);
    int end = tail - END_BYTES;
    while (end >= 0 && last.getInt(end) != END) {
      end--;
    }
    if (end < 0) {
      throw new IOException("it has no directory at its end");
    }
    long size = last.getInt(end + 12) & IN_ZIP_64;
    long at = last.getInt(end + 16) & IN_ZIP_64;
    if (size == IN_ZIP_64 || at == IN_ZIP_64) {
      ByteBuffer locator = read(length - tail + end - LOCATOR_BYTES, LOCATOR_BYTES);
      ByteBuffer wide = read(locator.getLong(8), END_64_BYTES);
      if (locator.getInt(0) != LOCATOR_64 || wide.getInt(0) != END_64) {
        throw new IOException("it has no directory of Zip64");
      }
      size = wide.getLong(40);
      at = wide.getLong(48);
    }
    ByteBuffer directory = read(at, size);
    while (directory.remaining() >= CENTRAL_BYTES) {
      Entry entry = entry(directory);
      entries.put(entry.name, entry);
    }
  }

  /** Takes the next entry of the directory. */
  private static Entry entry(ByteBuffer directory) throws IOException {
    ByteBuffer header = next(directory, CENTRAL_BYTES);
    int method = size16(header, 10);
    boolean encrypted = (header.get(8) & 1) != 0;
    if (header.getInt(0) != CENTRAL || encrypted || method != STORED && method != DEFLATED) {
      throw new IOException("its directory is damaged, or an entry encrypted or compressed anew");
    }
    ByteBuffer name = next(directory, size16(header, 28));
    long[] wide = {
      header.getInt(24) & IN_ZIP_64, header.getInt(20) & IN_ZIP_64, header.getInt(42) & IN_ZIP_64
    };
    widen(next(directory, size16(header, 30)), wide);
    next(directory, size16(header, 32)); // A comment.
    if (method == STORED && wide[0] != wide[1]) {
      throw new IOException("an entry that is not compressed has two sizes");
    }
    return new Entry(
        StandardCharsets.UTF_8.decode(name).toString(),
        method == STORED,
        wide[1],
        wide[0],
        wide[2]);
  }

  /** Takes what does not fit into 32 bits from an entry's further fields, in their order. */
  private static void widen(ByteBuffer fields, long[] values) throws IOException {
    while (fields.remaining() >= 4) {
      int id = fields.getShort() & 0xffff;
      ByteBuffer field = next(fields, fields.getShort() & 0xffff);
      for (int i = 0; i < values.length && id == 1; i++) {
        if (values[i] == IN_ZIP_64) {
          values[i] = next(field, 8).getLong();
        }
      }
    }
    for (long value : values) {
      if (value < 0) {
        throw new IOException("a size or place is negative");
      }
    }
  }

  private static int size16(ByteBuffer header, int at) {
    return header.getShort(at) & 0xffff;
  }

  private static ByteBuffer next(ByteBuffer from, int count) throws IOException {
    if (count > from.remaining()) {
      throw new IOException("its directory is cut off");
    }
    ByteBuffer next = from.slice(from.position(), count).order(ByteOrder.LITTLE_ENDIAN);
    from.position(from.position() + count);
    return next;
  }

  private ByteBuffer read(long from, long count) throws IOException {
    long length = file.length();
    if (from < 0 || count < 0 || from > length - count || count > Integer.MAX_VALUE - 8) {
      throw new IOException("a part of it lies outside of it");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) count).order(ByteOrder.LITTLE_ENDIAN);
    file.read(from, bytes);
    return bytes.flip();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
