package io.github.mobilenet4j.formats.tflite;

import com.google.flatbuffers.Table;
import io.github.mobilenet4j.MobileNetException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A table of a flatbuffer, read by field number. The library trusts its input; here every position
 * is checked against the buffer before it is used, and nothing is followed before it is asked for,
 * so offsets that point anywhere, backwards or in a circle do no harm.
 */
final class FlatTable extends Table {
  private static final int MOST_OF_A_STRING = 120;

  private final String source;
  private final int mostTables;

  private FlatTable(String source, ByteBuffer buffer, long position, int mostTables) {
    this.source = source;
    this.mostTables = mostTables;
    this.bb = buffer;
    int table = checked(position, Integer.BYTES);
    int vtable = checked((long) table - buffer.getInt(table), Short.BYTES);
    checked(vtable, buffer.getChar(vtable) + 1 & ~1); // it is read in shorts, even if odd
    __reset(table, buffer);
  }

  /**
   * Returns the root table.
   *
   * @param source where the buffer comes from, for messages
   * @param mostTables elements that a vector of tables may have
   * @throws MobileNetException if it lies outside the buffer, as do all methods
   */
  static FlatTable root(String source, ByteBuffer buffer, int mostTables) {
    ByteBuffer view = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (view.limit() < Integer.BYTES) {
      throw new MobileNetException(source + ": has %s bytes".formatted(view.limit()));
    }
    return new FlatTable(source, view, view.getInt(0), mostTables);
  }

  /** Returns a byte, or what stands for it if it is absent. */
  int int8(int field, int absent) {
    int at = position(field, Byte.BYTES);
    return at == 0 ? absent : bb.get(at);
  }

  /** Returns an integer, or what stands for it if it is absent. */
  int int32(int field, int absent) {
    int at = position(field, Integer.BYTES);
    return at == 0 ? absent : bb.getInt(at);
  }

  /** Returns a table, null if it is absent. */
  FlatTable table(int field) {
    int at = position(field, Integer.BYTES);
    return at == 0 ? null : new FlatTable(source, bb, target(at), mostTables);
  }

  /** Returns the number of elements of a vector of tables, 0 if it is absent. */
  int tables(int field) {
    int count = vector(field, Integer.BYTES).limit() / Integer.BYTES;
    checkCount(field, count, mostTables);
    return count;
  }

  private void checkCount(int field, int count, int most) {
    if (count > most) {
      throw new MobileNetException(
          "%s: a vector has %s elements, expected at most %s (field %s)"
              .formatted(source, count, most, field));
    }
  }

  /** Returns an element of a vector of tables. */
  FlatTable table(int field, int index) {
    int at = position(field, Integer.BYTES);
    int count = tables(field);
    if (index < 0 || index >= count) {
      throw new MobileNetException(
          "%s: refers to element %s of %s (field %s)".formatted(source, index, count, field));
    }
    return new FlatTable(source, bb, target(target(at) + Integer.BYTES * (1 + index)), mostTables);
  }

  /** Returns a vector's bytes, little-endian; empty if it is absent. */
  ByteBuffer vector(int field, int elementBytes) {
    int at = position(field, Integer.BYTES);
    if (at == 0) {
      return ByteBuffer.allocate(0);
    }
    int vector = target(at);
    long bytes = (bb.getInt(vector) & 0xFFFFFFFFL) * elementBytes;
    return bb.slice(checked((long) vector + Integer.BYTES, bytes), (int) bytes)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Returns a vector of integers, empty if it is absent.
   *
   * @param most how many it may have
   */
  int[] int32s(int field, int most) {
    ByteBuffer bytes = vector(field, Integer.BYTES);
    int count = bytes.limit() / Integer.BYTES;
    checkCount(field, count, most);
    int[] values = new int[count];
    bytes.asIntBuffer().get(values);
    return values;
  }

  /** Returns the beginning of a string, which here only ever goes into messages. */
  String string(int field) {
    ByteBuffer bytes = vector(field, Byte.BYTES);
    return StandardCharsets.UTF_8
        .decode(bytes.limit(Math.min(bytes.limit(), MOST_OF_A_STRING)))
        .toString();
  }

  /** Returns where a field of this table lies, 0 if it is absent. */
  private int position(int field, int bytes) {
    int offset = __offset(Short.BYTES * (2 + field));
    return offset == 0 ? 0 : checked(bb_pos + (offset & 0xFFFFL), bytes);
  }

  /** Returns where an offset points, which holds at least an integer. */
  private int target(int at) {
    return checked(at + (bb.getInt(at) & 0xFFFFFFFFL), Integer.BYTES);
  }

  private int checked(long position, long bytes) {
    if (position < 0 || bytes > bb.limit() - position) {
      throw new MobileNetException(
          "%s: an offset leads to bytes %s to %s of %s"
              .formatted(source, position, position + bytes, bb.limit()));
    }
    return (int) position;
  }
}
