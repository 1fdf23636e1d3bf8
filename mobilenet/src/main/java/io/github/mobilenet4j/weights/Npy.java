package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Reading;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * NumPy's file of one array, {@code .npy}, as {@code numpy.save} writes it: versions 1, 2 and 3 of
 * NumPy Enhancement Proposal 1. Arrays of numbers in C order, little-endian, are read; a pickle,
 * which an array of objects is, never is.
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** {@code numpy.load} reads no longer header either, unless it is asked to. */
  private static final int MOST_HEADER = 10_000;

  private static final int ALIGNMENT = 64;

  /** An entry of the dictionary in the header, and what follows it. */
  private static final Pattern ENTRY =
      Pattern.compile(
          " *'(descr|fortran_order|shape)' *: *('[^'\\\\]{1,16}'|True|False|\\([0-9, ]*\\))"
              + " *(,|(?=}))");

  private static final Pattern END = Pattern.compile(" *} *\n?");
  private static final Pattern SHAPE =
      Pattern.compile("\\((?:|\\d{1,10},|\\d{1,10}(?:,\\d{1,10})+,?)\\)");

  private static final Map<String, DataType> TYPES =
      Map.ofEntries(
          Map.entry("|b1", DataType.BOOL),
          Map.entry("|u1", DataType.U8),
          Map.entry("|i1", DataType.I8),
          Map.entry("<u2", DataType.U16),
          Map.entry("<i2", DataType.I16),
          Map.entry("<f2", DataType.F16),
          Map.entry("<u4", DataType.U32),
          Map.entry("<i4", DataType.I32),
          Map.entry("<f4", DataType.F32),
          Map.entry("<u8", DataType.U64),
          Map.entry("<i8", DataType.I64),
          Map.entry("<f8", DataType.F64));

  private Npy() {}

  /**
   * Returns whether a file begins as such files do.
   *
   * @throws MobileNetException if it cannot be read
   */
  public static boolean isNpy(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      return isNpy(in.readNBytes(MAGIC.length));
    } catch (IOException e) {
      throw MobileNetException.cannot("read", path, e);
    }
  }

  private static boolean isNpy(byte[] first) {
    return first.length >= MAGIC.length
        && Arrays.equals(first, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /**
   * Reads a file, within {@link ReadLimits#standard}.
   *
   * @throws MobileNetException if it cannot be read, breaks a rule of the format, or holds
   *     something else than numbers in C order, little-endian
   */
  public static Tensor read(Path path) {
    return Reading.of(path, () -> read(path.toString(), Reading.bytes(path)));
  }

  /**
   * Reads a file's content, within {@link ReadLimits#standard}.
   *
   * @param name where it comes from, for messages
   * @param content shared, not copied
   * @throws MobileNetException as {@link #read(Path)}
   */
  public static Tensor read(String name, byte[] content) {
    return Reading.of(name, () -> tensor(name, content));
  }

  private static Tensor tensor(String name, byte[] content) {
    ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    check(isNpy(content) && in.limit() >= 10, name, "is no .npy file");
    in.position(MAGIC.length);
    int version = in.get();
    int minor = in.get();
    check(
        version >= 1 && version <= 3 && minor == 0,
        name,
        "is of version " + version + "." + minor + ", expected 1.0, 2.0 or 3.0");
    check(version == 1 || in.remaining() >= 4, name, "is cut short");
    long length = version == 1 ? in.getChar() : in.getInt() & 0xFFFFFFFFL;
    long most = Math.min(MOST_HEADER, in.remaining());
    check(
        length <= most,
        name,
        "announces a header of " + length + " bytes, expected at most " + most);
    String header = new String(content, in.position(), (int) length, StandardCharsets.ISO_8859_1);
    in.position(in.position() + (int) length);
    return tensor(name, header, in);
  }

  private static Tensor tensor(String name, String header, ByteBuffer data) {
    Map<String, String> fields = fields(name, header);
    String descr = fields.get("descr");
    String type = descr.substring(1, descr.length() - 1);
    DataType known = TYPES.get(type);
    check(
        known != null,
        name,
        "has the type "
            + MobileNetException.abridged(descr)
            + ", expected one of "
            + TYPES.keySet().stream().sorted().toList());
    check(
        !fields.get("fortran_order").equals("True"),
        name,
        "is in Fortran order, expected C order: numpy.ascontiguousarray(x)");
    List<Integer> shape = shape(name, fields.get("shape"));
    long bytes = Tensor.bytes(known, shape);
    check(
        bytes == data.remaining(),
        name,
        "%s %s has %s bytes of values, expected %s"
            .formatted(known, shape, data.remaining(), bytes < 0 ? "fewer than 2^31" : "" + bytes));
    return new Tensor(known, shape, data);
  }

  /** Returns the three entries of a Python dictionary, each as it is written. */
  private static Map<String, String> fields(String name, String header) {
    Map<String, String> fields = new HashMap<>();
    Matcher entry = ENTRY.matcher(header);
    int at = 1;
    boolean valid = header.startsWith("{");
    while (valid && entry.region(at, header.length()).lookingAt()) {
      String value = entry.group(2);
      valid =
          switch (entry.group(1)) {
            case "descr" -> value.startsWith("'");
            case "shape" -> value.startsWith("(");
            default -> value.equals("True") || value.equals("False");
          };
      valid &= fields.put(entry.group(1), value) == null;
      at = entry.end();
    }
    check(
        valid && fields.size() == 3 && END.matcher(header).region(at, header.length()).matches(),
        name,
        "has the header "
            + MobileNetException.abridged(header.strip())
            + ", expected descr, fortran_order and shape of an array of numbers");
    return fields;
  }

  private static List<Integer> shape(String name, String text) {
    String dense = text.replace(" ", "");
    List<Integer> shape = new ArrayList<>();
    boolean valid = SHAPE.matcher(dense).matches();
    for (String size : dense.substring(1, dense.length() - 1).split(",")) {
      if (valid && !size.isEmpty()) {
        long number = Long.parseLong(size);
        valid = number <= Integer.MAX_VALUE;
        shape.add((int) Math.min(number, Integer.MAX_VALUE));
      }
    }
    check(
        valid && shape.size() <= ReadLimits.standard().rank(),
        name,
        "has the shape " + MobileNetException.abridged(text));
    return shape;
  }

  /**
   * Writes a file that {@code numpy.load} opens; what was there is replaced at once or not at all.
   *
   * @throws MobileNetException if it cannot be written
   */
  public static void write(Path path, Tensor tensor) {
    String type =
        TYPES.entrySet().stream()
            .filter(t -> t.getValue() == tensor.type())
            .findFirst()
            .orElseThrow(() -> new MobileNetException("NumPy has no type " + tensor.type()))
            .getKey();
    String shape =
        tensor.shape().stream().map(size -> size + ",").collect(Collectors.joining(" ", "(", ")"));
    if (tensor.shape().size() > 1) {
      shape = shape.replace(",)", ")");
    }
    String header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(type, shape);
    int begin = MAGIC.length + 4;
    int padded = (begin + header.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - begin;
    ByteBuffer head = ByteBuffer.allocate(begin + padded).order(ByteOrder.LITTLE_ENDIAN);
    head.put(MAGIC).put((byte) 1).put((byte) 0).putChar((char) padded);
    head.put(
        (header + " ".repeat(padded - header.length() - 1) + "\n")
            .getBytes(StandardCharsets.US_ASCII));
    ByteBuffer values = tensor.data();
    AtomicFile.write(
        path,
        out -> {
          for (ByteBuffer bytes : List.of(head.flip(), values)) {
            while (bytes.hasRemaining()) {
              out.write(bytes);
            }
          }
        });
  }

  private static void check(boolean valid, String name, String message) {
    if (!valid) {
      throw new MobileNetException(name + ": " + message);
    }
  }
}
