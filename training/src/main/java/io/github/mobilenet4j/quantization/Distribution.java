package io.github.mobilenet4j.quantization;

import java.util.function.DoubleUnaryOperator;

/** How often values of a range occur: 4,096 intervals of equal length; 0 is counted by itself. */
final class Distribution {
  private static final int INTERVALS = 4096;

  private final Range range;
  private final double length;
  private final long[] counts = new long[INTERVALS];
  private long zeros;
  private long all;

  /**
   * @param range of all values that will be added
   */
  Distribution(Range range) {
    this.range = range;
    this.length = (range.high() - range.low()) / INTERVALS;
  }

  Range range() {
    return range;
  }

  /** Adds the first values of an array. */
  void add(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      if (values[i] == 0) {
        zeros++;
      } else {
        counts[Math.clamp((long) ((values[i] - range.low()) / length), 0, INTERVALS - 1)]++;
      }
    }
    all += count;
  }

  private double middle(int interval) {
    return range.low() + (interval + 0.5) * length;
  }

  /** Returns the sum of a function of all values, each the middle of its interval. */
  double sum(DoubleUnaryOperator function) {
    double sum = zeros * function.applyAsDouble(0);
    for (int i = 0; i < INTERVALS; i++) {
      if (counts[i] > 0) {
        sum += counts[i] * function.applyAsDouble(middle(i));
      }
    }
    return sum;
  }

  /** Returns the range that leaves out at most this share of the values at either end. */
  Range without(double share) {
    long most = (long) (share * all);
    int first = 0;
    for (long left = most; first < INTERVALS && counts[first] <= left; first++) {
      left -= counts[first];
    }
    int end = INTERVALS;
    for (long left = most; end > first && counts[end - 1] <= left; end--) {
      left -= counts[end - 1];
    }
    return new Range(range.low() + first * length, range.low() + end * length);
  }
}
