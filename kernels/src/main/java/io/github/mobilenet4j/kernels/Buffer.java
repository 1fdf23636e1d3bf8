package io.github.mobilenet4j.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Memory of a fixed size that kernels read and write: an array, or native memory that starts on a
 * cache line. Which one is the choice of the kernels that allocate it; it is freed by the garbage
 * collector, or as {@link Kernels#in} says. Starts as zeros.
 *
 * <p>It is seen as float32, bfloat16, int8, int16 or int32 values; offsets and counts are those of
 * the values that a method is for.
 */
public final class Buffer {
  private static final float[] ZEROS = new float[1024];

  private final float[] array;
  private final MemorySegment segment;
  private final int length;

  /** What the memory goes back with; null for the garbage collector. */
  private final Region region;

  private Buffer(float[] array, MemorySegment segment, int length, Region region) {
    this.array = array;
    this.segment = segment;
    this.length = length;
    this.region = region;
  }

  static Buffer onHeap(int length) {
    float[] array = new float[length];
    return new Buffer(array, MemorySegment.ofArray(array), length, null);
  }

  static Buffer in(NativeMemory memory, int length) {
    return new Buffer(null, memory.allocate(bytes(length)), length, memory.region());
  }

  /** No lock, but an exception where a mistake would else be a crash. */
  private void requireOpen() {
    if (region != null) {
      region.requireOpen();
    }
  }

  /** Returns the number of floats that it holds. */
  public int length() {
    return length;
  }

  /**
   * Writes {@code count} floats of an array, from {@code from} on, to {@code offset} on.
   *
   * @throws IndexOutOfBoundsException if a range leaves its array
   * @throws IllegalStateException if the memory is given back
   */
  public void set(int offset, float[] source, int from, int count) {
    requireOpen();
    MemorySegment.copy(
        source, from, segment, ValueLayout.JAVA_FLOAT, (long) offset * Float.BYTES, count);
  }

  /**
   * Reads {@code count} floats from {@code offset} on into an array, from {@code to} on.
   *
   * @throws IndexOutOfBoundsException if a range leaves its array
   * @throws IllegalStateException if the memory is given back
   */
  public void get(int offset, float[] target, int to, int count) {
    requireOpen();
    MemorySegment.copy(
        segment, ValueLayout.JAVA_FLOAT, (long) offset * Float.BYTES, target, to, count);
  }

  /** The same as {@link #set(int, float[], int, int)} with int8 values. */
  public void set(int offset, byte[] source, int from, int count) {
    requireOpen();
    MemorySegment.copy(source, from, segment, ValueLayout.JAVA_BYTE, offset, count);
  }

  /** The same as {@link #get(int, float[], int, int)} with int8 values. */
  public void get(int offset, byte[] target, int to, int count) {
    requireOpen();
    MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, target, to, count);
  }

  /** The same as {@link #set(int, float[], int, int)} with int16 values. */
  public void set(int offset, short[] source, int from, int count) {
    requireOpen();
    MemorySegment.copy(
        source, from, segment, ValueLayout.JAVA_SHORT, (long) offset * Short.BYTES, count);
  }

  /** The same as {@link #get(int, float[], int, int)} with int16 values. */
  public void get(int offset, short[] target, int to, int count) {
    requireOpen();
    MemorySegment.copy(
        segment, ValueLayout.JAVA_SHORT, (long) offset * Short.BYTES, target, to, count);
  }

  /** The same as {@link #set(int, float[], int, int)} with int32 values. */
  public void set(int offset, int[] source, int from, int count) {
    requireOpen();
    MemorySegment.copy(
        source, from, segment, ValueLayout.JAVA_INT, (long) offset * Integer.BYTES, count);
  }

  /** The same as {@link #get(int, float[], int, int)} with int32 values. */
  public void get(int offset, int[] target, int to, int count) {
    requireOpen();
    MemorySegment.copy(
        segment, ValueLayout.JAVA_INT, (long) offset * Integer.BYTES, target, to, count);
  }

  /**
   * The same as {@link #set(int, float[], int, int)} with values rounded to bfloat16, the upper
   * half of a float: to the nearest, halfway to the even one; NaN stays NaN.
   */
  public void setBfloat16(int offset, float[] source, int from, int count) {
    requireOpen();
    Objects.checkFromIndexSize(from, count, source.length);
    Objects.checkFromIndexSize(offset, count, segment.byteSize() / Short.BYTES);
    for (int i = 0; i < count; i++) {
      short upper = Bfloat16.bits(source[from + i]);
      segment.set(ValueLayout.JAVA_SHORT, (long) (offset + i) * Short.BYTES, upper);
    }
  }

  /** The same as {@link #get(int, float[], int, int)} with bfloat16 values. */
  public void getBfloat16(int offset, float[] target, int to, int count) {
    requireOpen();
    Objects.checkFromIndexSize(to, count, target.length);
    Objects.checkFromIndexSize(offset, count, segment.byteSize() / Short.BYTES);
    for (int i = 0; i < count; i++) {
      short upper = segment.get(ValueLayout.JAVA_SHORT, (long) (offset + i) * Short.BYTES);
      target[to + i] = Float.intBitsToFloat(upper << 16);
    }
  }

  /**
   * Reads unsigned bytes, from byte {@code offset} on, as the numbers that they stand for: {@code
   * scale · (q − zeroPoint)}.
   *
   * @throws IndexOutOfBoundsException if a range leaves its array
   * @throws IllegalStateException if the memory is given back
   */
  public void getQuantized(
      int offset, float[] target, int to, int count, float scale, int zeroPoint) {
    requireOpen();
    Objects.checkFromIndexSize(to, count, target.length);
    Objects.checkFromIndexSize(offset, count, segment.byteSize());
    for (int i = 0; i < count; i++) {
      int q = segment.get(ValueLayout.JAVA_BYTE, (long) offset + i) & 0xff;
      target[to + i] = scale * (q - zeroPoint);
    }
  }

  /**
   * Copies {@code count} floats from one place to another, which may overlap.
   *
   * @throws IndexOutOfBoundsException if a range leaves this
   * @throws IllegalStateException if the memory is given back
   */
  public void copy(int from, int to, int count) {
    requireOpen();
    MemorySegment.copy(segment, bytes(from), segment, bytes(to), bytes(count));
  }

  /** Sets all bytes. */
  public void fill(int value) {
    requireOpen();
    segment.fill((byte) value);
  }

  /**
   * Writes zeros, {@code count} floats.
   *
   * @throws IndexOutOfBoundsException if the range leaves this
   */
  public void clear(int offset, int count) {
    // Not fill: that needs a slice, an object which the JIT compiler does not always do without.
    for (int done = 0; done < count; done += ZEROS.length) {
      set(offset + done, ZEROS, 0, Math.min(ZEROS.length, count - done));
    }
  }

  /**
   * Writes rows of a picture, each with a pixel of zeros left and right of it, from the beginning
   * on. Rows above and below the picture are zeros.
   *
   * @param images {@code [n, height, width, channels]}
   * @param image which of the n
   * @param first the first row, may be negative
   * @param count how many rows
   * @throws IndexOutOfBoundsException if the picture or the rows leave their array
   */
  public void setFramedRows(
      float[] images, int image, int height, int width, int channels, int first, int count) {
    int length = width * channels;
    for (int r = 0; r < count; r++) {
      int row = first + r;
      int at = r * (length + 2 * channels);
      if (row >= 0 && row < height) {
        clear(at, channels);
        set(at + channels, images, (image * height + row) * length, length);
        clear(at + channels + length, channels);
      } else {
        clear(at, length + 2 * channels);
      }
    }
  }

  /** Returns the bytes of so many floats. */
  static long bytes(int floats) {
    return (long) floats * Float.BYTES;
  }

  /** Returns the array; null in native memory. */
  float[] array() {
    return array;
  }

  /** Returns the address of a float in native memory. */
  long address(int offset) {
    return byteAddress((long) offset * Float.BYTES);
  }

  /** Returns the address of a byte in native memory. */
  long byteAddress(long offset) {
    return segment.address() + offset;
  }
}
