package io.github.mobilenet4j.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A fixed run of floats that kernels read and write: an array, or native memory that starts on a
 * cache line. Which one is the choice of the kernels that allocate it; it is freed by the garbage
 * collector, or as {@link Kernels#in} says. Starts as zeros.
 */
public final class Floats {
  private static final float[] ZEROS = new float[1024];

  private final float[] array;
  private final MemorySegment segment;
  private final int length;

  /** What the memory goes back with; null for the garbage collector. */
  private final Region region;

  private Floats(float[] array, MemorySegment segment, int length, Region region) {
    this.array = array;
    this.segment = segment;
    this.length = length;
    this.region = region;
  }

  static Floats onHeap(int length) {
    float[] array = new float[length];
    return new Floats(array, MemorySegment.ofArray(array), length, null);
  }

  static Floats in(NativeMemory memory, int length) {
    return new Floats(null, memory.allocate(bytes(length)), length, memory.region());
  }

  /** No lock, but an exception where a mistake would else be a crash. */
  private void requireOpen() {
    if (region != null) {
      region.requireOpen();
    }
  }

  /** Returns the number of floats. */
  public int length() {
    return length;
  }

  /**
   * Writes {@code count} values of an array, from {@code from} on, to {@code offset} on.
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
   * Reads {@code count} values from {@code offset} on into an array, from {@code to} on.
   *
   * @throws IndexOutOfBoundsException if a range leaves its array
   * @throws IllegalStateException if the memory is given back
   */
  public void get(int offset, float[] target, int to, int count) {
    requireOpen();
    MemorySegment.copy(
        segment, ValueLayout.JAVA_FLOAT, (long) offset * Float.BYTES, target, to, count);
  }

  /**
   * Writes zeros.
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

  /** Returns the address of a value in native memory. */
  long address(int offset) {
    return segment.address() + (long) offset * Float.BYTES;
  }
}
