package io.github.mobilenet4j.formats.reading;

import java.nio.ByteBuffer;
import java.util.List;

/** Values that lie anywhere in a buffer, a fixed step apart along each axis. */
public final class Strided {
  private Strided() {}

  /**
   * Returns values in row-major order.
   *
   * @param from holds value {@code [i, j, …]} at {@code offset + i · strides[0] + j · strides[1] +
   *     …}, counted in values; every one of them lies inside
   * @param size bytes of a value
   */
  public static ByteBuffer rowMajor(
      ByteBuffer from, int size, long offset, List<Integer> shape, List<Long> strides) {
    int length = shape.stream().reduce(size, (a, b) -> a * b);
    ByteBuffer values = ByteBuffer.allocate(length);
    int[] index = new int[shape.size()];
    long at = offset;
    for (int to = 0; to < length; to += size) {
      values.put(to, from, (int) at * size, size);
      for (int axis = index.length - 1; axis >= 0; axis--) {
        at += strides.get(axis);
        if (++index[axis] < shape.get(axis)) {
          break;
        }
        at -= strides.get(axis) * shape.get(axis);
        index[axis] = 0;
      }
    }
    return values;
  }
}
