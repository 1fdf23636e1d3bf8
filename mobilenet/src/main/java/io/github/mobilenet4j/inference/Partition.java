package io.github.mobilenet4j.inference;

/**
 * A range cut into parts that differ by at most one.
 *
 * @param size of the range
 * @param parts ≥ 1, ≤ size
 */
record Partition(int size, int parts) {
  /**
   * Returns a partition into parts of at most {@code most}, their number a multiple of {@code
   * threads} where the size allows, so that all threads finish together.
   */
  static Partition of(int size, int most, int threads) {
    int needed = (size + most - 1) / most;
    return new Partition(size, Math.min(size, (needed + threads - 1) / threads * threads));
  }

  /** Returns the first index of a part; {@code begin(parts)} is the size. */
  int begin(int part) {
    return (int) ((long) size * part / parts);
  }

  /** Returns the size of the largest part. */
  int largest() {
    return (size + parts - 1) / parts;
  }
}
