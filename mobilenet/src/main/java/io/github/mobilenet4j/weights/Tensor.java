package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Values of one type with a shape, as a file holds them: row-major, little-endian.
 *
 * @param type how a value is stored
 * @param shape dimensions, outermost first; empty for a single value
 * @param data the values' bytes; read-only, each call returns a view of its own
 */
public record Tensor(DataType type, List<Integer> shape, ByteBuffer data) {
  /**
   * Takes a view of the data's remaining bytes; they are not copied.
   *
   * @throws MobileNetException if a dimension is negative or the shape does not match the bytes
   */
  public Tensor {
    shape = List.copyOf(shape);
    data = data.slice().asReadOnlyBuffer();
    if (bytes(type, shape) != data.limit()) {
      throw new MobileNetException(
          "tensor %s %s has %s bytes".formatted(type, shape, data.limit()));
    }
  }

  /**
   * Returns floats rounded to a floating-point type.
   *
   * @throws MobileNetException if the shape does not match the number of values, they take more
   *     than 2³¹−1 bytes, the type is none of floating point, or a finite value is beyond its range
   */
  public static Tensor of(DataType type, List<Integer> shape, float... values) {
    long bytes = (long) values.length * type.bytes();
    if (bytes != bytes(type, shape) || bytes > Integer.MAX_VALUE) {
      throw new MobileNetException(
          "tensor %s %s of %s values".formatted(type, shape, values.length));
    }
    ByteBuffer data = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    type.write(values, data);
    return new Tensor(type, shape, data.clear());
  }

  /** Returns how many bytes a shape takes, −1 if that is no number of bytes. */
  static long bytes(DataType type, List<Integer> shape) {
    if (shape.stream().anyMatch(dimension -> dimension < 0)) {
      return -1;
    }
    // A zero is looked for first: it may follow dimensions that overflow.
    long size = shape.contains(0) ? 0 : type.bytes();
    for (int dimension : shape) {
      size *= dimension;
      if (size > Integer.MAX_VALUE) {
        return -1;
      }
    }
    return size;
  }

  @Override
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns the number of values. */
  public int size() {
    return data.limit() / type.bytes();
  }

  /** Returns the values as floats, in a new array: a wider type is rounded to the nearest. */
  public float[] floats() {
    float[] values = new float[size()];
    type.read(data(), values);
    return values;
  }
}
