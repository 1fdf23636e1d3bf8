package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.FileKind;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Reading;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The safetensors container: the length of the header (8 bytes, little-endian), a header in JSON
 * (for each tensor its type, shape and place; under {@code __metadata__} a map from string to
 * string), then the tensors' bytes without a hole.
 *
 * @param name where it comes from, for messages
 * @param metadata free text by key
 * @param tensors by name, in the order of their bytes
 * @see <a href="https://github.com/huggingface/safetensors">The format's description</a>
 */
public record Safetensors(String name, Map<String, String> metadata, Map<String, Tensor> tensors) {
  /** The format's own limit of a header, in bytes. */
  private static final int MAX_HEADER = 100_000_000;

  /** The longest array of this JVM. */
  private static final int MAX_DATA = Integer.MAX_VALUE - 8;

  private static final String METADATA = "__metadata__";

  /** Where a tensor's bytes lie, counted from the end of the header. */
  private record Entry(String name, DataType type, List<Integer> shape, long begin, long end) {}

  /** Keeps both maps as they are, unmodifiable. */
  public Safetensors {
    metadata = Collections.unmodifiableMap(metadata);
    tensors = Collections.unmodifiableMap(tensors);
  }

  /** As {@link #read(Path, ReadLimits)}, within {@link ReadLimits#standard}. */
  public static Safetensors read(Path path) {
    return read(path, ReadLimits.standard());
  }

  /**
   * Reads a file.
   *
   * @param limits of tensors and their axes
   * @throws MobileNetException if it cannot be read, breaks a rule of the format, or asks for more
   *     than the limits allow
   */
  public static Safetensors read(Path path, ReadLimits limits) {
    return Reading.of(
        path,
        () -> {
          // Not Files.size: by now the name may be another file's, which replaced this one.
          try (FileChannel file = FileChannel.open(path)) {
            return read(path.toString(), file.size(), Channels.newInputStream(file), limits);
          } catch (IOException e) {
            throw MobileNetException.cannot("read", path, e);
          }
        });
  }

  /**
   * Reads a file's content, within {@link ReadLimits#standard}.
   *
   * @param name where it comes from, for messages
   * @throws MobileNetException if it breaks a rule of the format, or asks for more than the limits
   *     allow
   */
  public static Safetensors read(String name, byte[] content) {
    return read(name, content, ReadLimits.standard());
  }

  /**
   * Reads a file's content.
   *
   * @param name where it comes from, for messages
   * @param limits of tensors and their axes
   * @throws MobileNetException if it breaks a rule of the format, or asks for more than the limits
   *     allow
   */
  public static Safetensors read(String name, byte[] content, ReadLimits limits) {
    return Reading.of(
        name,
        () -> {
          try (InputStream in = new ByteArrayInputStream(content)) {
            return read(name, content.length, in, limits);
          } catch (IOException e) {
            throw new MobileNetException(name + ": " + e.getMessage(), e);
          }
        });
  }

  /** Says what a file is instead, if that is known. */
  private static void expectNothingElse(String name, byte[] first, InputStream in)
      throws IOException {
    byte[] begin = Arrays.copyOf(first, FileKind.BYTES);
    int more = in.readNBytes(begin, first.length, begin.length - first.length);
    Optional<FileKind> kind = FileKind.of(Arrays.copyOf(begin, first.length + more));
    if (kind.isPresent()) {
      throw new MobileNetException("%s: %s".formatted(name, kind.get().says()));
    }
  }

  private static Safetensors read(String name, long length, InputStream in, ReadLimits limits)
      throws IOException {
    byte[] first = in.readNBytes(8);
    long most = Math.min(length - 8, MAX_HEADER);
    long header =
        first.length < 8 ? -1 : ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (header < 2 || header > most) {
      expectNothingElse(name, first, in);
    }
    check(first.length == 8, name, "has %d bytes, expected at least 8", length);
    check(
        header >= 2 && header <= most,
        name,
        "announces a header of %s bytes, expected 2 to %d; what is no safetensors file,"
            + " Models.read (mobilenet4j-formats) may read",
        Long.toUnsignedString(header),
        most);
    Map<String, Object> fields = object(name, "header", parse(name, take(in, (int) header)));

    Map<String, String> metadata = new LinkedHashMap<>();
    object(name, METADATA, fields.getOrDefault(METADATA, Map.of()))
        .forEach((key, value) -> metadata.put(key, string(name, key, value)));
    int count = fields.size() - (fields.containsKey(METADATA) ? 1 : 0);
    check(
        count <= limits.entries(),
        name,
        "has %d tensors, expected at most %d",
        count,
        limits.entries());
    List<Entry> entries =
        fields.entrySet().stream()
            .filter(field -> !field.getKey().equals(METADATA))
            .map(field -> entry(name, field.getKey(), field.getValue(), limits))
            .sorted(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end))
            .toList();
    long at = 0;
    for (Entry e : entries) {
      check(e.begin == at, name, "%s begins at %d, expected %d", e.name, e.begin, at);
      at = e.end;
    }
    long rest = length - 8 - header;
    check(at == rest, name, "the tensors take %d bytes, the file holds %d", at, rest);
    check(at <= MAX_DATA, name, "the tensors take %d bytes, expected at most %d", at, MAX_DATA);

    byte[] data = take(in, (int) at);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Entry e : entries) {
      ByteBuffer bytes = ByteBuffer.wrap(data, (int) e.begin, (int) (e.end - e.begin));
      tensors.put(e.name, new Tensor(e.type, e.shape, bytes));
    }
    return new Safetensors(name, metadata, tensors);
  }

  private static Object parse(String name, byte[] header) {
    check(header[0] == '{', name, "the header does not begin with {");
    try {
      return Json.parse(
          name, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString());
    } catch (CharacterCodingException e) {
      throw new MobileNetException(name + ": the header is not UTF-8", e);
    }
  }

  private static Entry entry(String name, String tensor, Object value, ReadLimits limits) {
    Map<String, Object> fields = object(name, tensor, value);
    check(
        fields.keySet().equals(Set.of("dtype", "shape", "data_offsets")),
        name,
        "%s has the fields %s, expected dtype, shape, data_offsets",
        tensor,
        fields.keySet());
    String dtype = string(name, tensor, fields.get("dtype"));
    DataType type = DataType.named(dtype);
    check(type != null, name, "%s has dtype %s, expected one of %s", tensor, dtype, DataType.ALL);
    check(
        !(fields.get("shape") instanceof List<?> axes) || axes.size() <= limits.rank(),
        name,
        "%s has the shape %s, expected at most %d axes",
        tensor,
        fields.get("shape"),
        limits.rank());
    List<Integer> shape =
        integers(name, tensor, fields.get("shape"), Integer.MAX_VALUE).stream()
            .map(Long::intValue)
            .toList();
    List<Long> offsets = integers(name, tensor, fields.get("data_offsets"), Long.MAX_VALUE);
    check(offsets.size() == 2, name, "%s has offsets %s, expected two", tensor, offsets);
    long bytes = Tensor.bytes(type, shape);
    check(
        bytes >= 0 && bytes == offsets.get(1) - offsets.get(0),
        name,
        "%s %s %s lies at %s, expected %s bytes",
        tensor,
        type,
        shape,
        offsets,
        bytes < 0 ? "fewer than 2^31" : bytes);
    return new Entry(tensor, type, shape, offsets.get(0), offsets.get(1));
  }

  private static List<Long> integers(String name, String tensor, Object value, long most) {
    List<Long> integers = new ArrayList<>();
    for (Object item : value instanceof List<?> list ? list : List.of("")) {
      check(
          item instanceof Long integer && integer >= 0 && integer <= most,
          name,
          "%s has a size or offset %s, expected whole numbers from 0 to %d",
          tensor,
          value,
          most);
      integers.add((Long) item);
    }
    return integers;
  }

  private static Map<String, Object> object(String name, String key, Object value) {
    check(value instanceof Map, name, "%s is %s, expected an object", key, value);
    Map<String, Object> object = new LinkedHashMap<>();
    ((Map<?, ?>) value).forEach((k, v) -> object.put((String) k, v));
    return object;
  }

  private static String string(String name, String key, Object value) {
    check(value instanceof String, name, "%s holds %s, expected a string", key, value);
    return (String) value;
  }

  private static void check(boolean valid, String name, String message, Object... arguments) {
    if (!valid) {
      Object[] texts =
          Arrays.stream(arguments)
              .map(a -> a instanceof Number ? a : MobileNetException.abridged(a))
              .toArray();
      throw new MobileNetException(name + ": " + String.format(Locale.ROOT, message, texts));
    }
  }

  private static byte[] take(InputStream in, int length) throws IOException {
    byte[] bytes = new byte[length];
    if (in.readNBytes(bytes, 0, length) < length) {
      throw new EOFException("became shorter while it was read");
    }
    return bytes;
  }

  /**
   * Writes a file; whatever was there is replaced at once or not at all. The same content gives the
   * same bytes: metadata sorted by key, tensors by size of type, largest first, then by name, so
   * that each is aligned.
   *
   * @throws MobileNetException if it cannot be written, or a tensor is called {@code __metadata__}
   */
  public static void write(Path path, Map<String, String> metadata, Map<String, Tensor> tensors) {
    check(!tensors.containsKey(METADATA), path.toString(), "a tensor is called " + METADATA);
    AtomicFile.write(path, out -> write(out, metadata, tensors));
  }

  /**
   * Writes what {@link #write(Path, Map, Map)} writes; the channel is not closed.
   *
   * @throws IOException if the channel takes no more
   */
  static void write(
      WritableByteChannel out, Map<String, String> metadata, Map<String, Tensor> tensors)
      throws IOException {
    List<Map.Entry<String, Tensor>> ordered = new ArrayList<>(tensors.entrySet());
    ordered.sort(
        Comparator.comparing((Map.Entry<String, Tensor> e) -> -e.getValue().type().bytes())
            .thenComparing(Map.Entry::getKey));
    Map<String, Object> header = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      header.put(METADATA, new TreeMap<>(metadata));
    }
    long at = 0;
    for (Map.Entry<String, Tensor> e : ordered) {
      Tensor tensor = e.getValue();
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("dtype", tensor.type().name());
      fields.put("shape", tensor.shape());
      fields.put("data_offsets", List.of(at, at + tensor.data().limit()));
      header.put(e.getKey(), fields);
      at += tensor.data().limit();
    }
    writeFully(out, head(header));
    for (Map.Entry<String, Tensor> e : ordered) {
      writeFully(out, e.getValue().data());
    }
  }

  private static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  private static ByteBuffer head(Map<String, Object> header) {
    byte[] bytes = Json.text(header).getBytes(StandardCharsets.UTF_8);
    int padded = (bytes.length + 7) / 8 * 8;
    ByteBuffer head = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(padded).put(bytes);
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    return head.flip();
  }
}
