package io.github.mobilenet4j.kernels;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A {@link Requantization} in doubles, for vectors that have no product of 64 bits: {@code
 * clamp(round(sum · factor + offset), low, high)}, a fused multiply-add and a rounding to the
 * nearest.
 *
 * <p>It gives the same bytes. Where there is one rounding, {@code sum · multiplier / 2^count} is a
 * multiple of 2^−count, and half of that is added, so that nothing lies halfway between whole
 * numbers. If {@code count} is at most {@link #MOST_BITS} a double below 512 holds all of it; what
 * is beyond is clamped anyway. Of other columns the sums are looked at where the value changes: it
 * grows with the sum in either arithmetic, so if these agree all do. Columns of which they do not
 * are listed, to be done as {@link Requantization#apply} says.
 *
 * @param start what the sum of each column begins with
 * @param factor of each column
 * @param offset of each column, the zero point in it
 * @param others columns that have to be done on their own, in rising order
 */
@SuppressWarnings("ArrayRecordComponent")
record DoubleRequantization(double[] start, double[] factor, double[] offset, int[] others) {
  private static final int MOST_BITS = 43;

  /** Added to a small double, it leaves the nearest whole number in the lower 32 bits. */
  static final double WHOLE = 0x1.8p52;

  /**
   * Lays out a requantisation.
   *
   * @param sums what the sums begin with
   * @param columns of the result, of which those beyond the requantisation's have sums of 0
   */
  static DoubleRequantization of(Requantization requantization, int[] sums, int columns) {
    double[] start = new double[columns];
    double[] factor = new double[columns];
    double[] offset = new double[columns];
    Arrays.fill(offset, requantization.zeroPoint());
    boolean[] other = new boolean[columns];
    boolean singly = requantization.single() || requantization.roundsOnce();
    for (int k = 0; k < requantization.columns(); k++) {
      int multiplier = requantization.multipliers()[k];
      if (multiplier == 0) {
        continue;
      }
      start[k] = sums[k];
      int count = 31 - requantization.shifts()[k];
      factor[k] = Math.scalb((double) multiplier, -count);
      // The first of two roundings takes a half of its last bit upwards.
      double first = requantization.single() ? 0 : Math.scalb(1.0, 30 - count);
      offset[k] += first + Math.scalb(1.0, -count - 1);
      // Factors from a half on could take sums out of 32 bits.
      other[k] =
          count < 32
              || !(singly && count <= MOST_BITS)
                  && !agrees(requantization, k, factor[k], offset[k]);
    }
    int[] others = IntStream.range(0, columns).filter(k -> other[k]).toArray();
    return new DoubleRequantization(start, factor, offset, others);
  }

  /** Returns whether a column's values change at the same sums. */
  private static boolean agrees(Requantization r, int column, double factor, double offset) {
    for (int value = r.low() + 1; value <= r.high(); value++) {
      double estimate = Math.rint((value - 0.5 - r.zeroPoint()) / factor);
      if (Math.abs(estimate) > Integer.MAX_VALUE - 2) {
        continue;
      }
      int sum = (int) estimate;
      while (r.apply(sum, column) < value && sum < Integer.MAX_VALUE) {
        sum++;
      }
      while (r.apply(sum - 1, column) >= value && sum > Integer.MIN_VALUE + 1) {
        sum--;
      }
      if (Math.fma(sum, factor, offset) + WHOLE < WHOLE + value
          || Math.fma(sum - 1, factor, offset) + WHOLE >= WHOLE + value) {
        return false;
      }
    }
    return true;
  }

  /** Returns where the first of the others from a column on is among them. */
  int firstOther(int column) {
    int at = Arrays.binarySearch(others, column);
    return at < 0 ? -at - 1 : at;
  }
}
