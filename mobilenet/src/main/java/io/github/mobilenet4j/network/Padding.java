package io.github.mobilenet4j.network;

/**
 * Where a 3×3 window lies over its input. The positions of the taps differ, and so weights trained
 * with one are wrong with another.
 */
public enum Padding {
  /** One row and column of zeros on every side: PyTorch's {@code padding=1}. */
  SYMMETRIC,
  /**
   * TensorFlow's SAME: {@code total = max((⌈n/S⌉−1)·S + 3 − n, 0)}, half of it, rounded down,
   * before. At stride 2 that is (0 before, 1 after) for even sizes and (1, 1) for odd ones.
   */
  SAME,
  /**
   * At stride 2 one row and column of zeros behind the last, of any size, as Keras' own MobileNet
   * has it in its blocks: {@code ZeroPadding2D(((0, 1), (0, 1)))} before a convolution without
   * padding; at stride 1 as the others. For even sizes it is SAME; odd ones have an output less.
   */
  ASYMMETRIC;

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
      case ASYMMETRIC -> stride == 1 ? 1 : 0;
    };
  }

  /**
   * Returns how many zeros lie behind the last row or column: as many as the last window takes, and
   * of {@link #ASYMMETRIC} 1 where it takes none.
   */
  public int after(int size, int stride) {
    return this == ASYMMETRIC
        ? 1
        : (outputs(size, stride) - 1) * stride + 3 - size - before(size, stride);
  }

  /** Returns the number of output rows or columns: ⌈size / stride⌉, or ⌊size / stride⌋. */
  public int outputs(int size, int stride) {
    return this == ASYMMETRIC ? size / stride : (size + stride - 1) / stride;
  }

  /** Returns whether the windows lie where those of another padding do. */
  public boolean isLike(Padding other, int size, int stride) {
    return before(size, stride) == other.before(size, stride)
        && outputs(size, stride) == other.outputs(size, stride);
  }
}
