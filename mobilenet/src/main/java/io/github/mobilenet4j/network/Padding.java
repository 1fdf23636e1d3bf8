package io.github.mobilenet4j.network;

/**
 * Where a 3×3 window lies over its input. Both paddings give ⌈size / stride⌉ outputs; only the
 * positions of the taps differ, so weights trained with one are wrong with the other.
 */
public enum Padding {
  /** One row and column of zeros on every side: PyTorch's {@code padding=1}. */
  SYMMETRIC,
  /**
   * TensorFlow's SAME: {@code total = max((⌈n/S⌉−1)·S + 3 − n, 0)}, half of it, rounded down,
   * before. At stride 2 that is (0 before, 1 after) for even sizes and (1, 1) for odd ones.
   */
  SAME;

  /**
   * Returns how many zeros lie before the first row or column.
   *
   * @param size input rows or columns, ≥ 1
   * @param stride 1 or 2
   */
  public int before(int size, int stride) {
    return switch (this) {
      case SYMMETRIC -> 1;
      case SAME -> Math.max((outputs(size, stride) - 1) * stride + 3 - size, 0) / 2;
    };
  }

  /** Returns how many zeros the last window takes behind the last row or column. */
  public int after(int size, int stride) {
    return (outputs(size, stride) - 1) * stride + 3 - size - before(size, stride);
  }

  /** Returns whether the windows lie where those of {@link #SAME} do. */
  public boolean isSame(int size, int stride) {
    return before(size, stride) == SAME.before(size, stride);
  }

  /** Returns ⌈size / stride⌉, the number of output rows or columns under either padding. */
  public static int outputs(int size, int stride) {
    return (size + stride - 1) / stride;
  }
}
