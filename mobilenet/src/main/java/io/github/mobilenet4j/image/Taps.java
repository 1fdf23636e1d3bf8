package io.github.mobilenet4j.image;

import java.util.function.DoubleUnaryOperator;

/**
 * The weighted sums that resize one side: output {@code o} is {@code Σ weights[o · width + i] ·
 * input[first[o] + i]}, {@code i < counts[o]}, in 22-bit fixed point.
 *
 * <p>Weights, rounding and clamping are Pillow's, so that results are the same to the last bit.
 *
 * @param first the first input pixel of each output pixel
 * @param counts how many it takes
 * @param weights {@code [outputs, width]}
 */
@SuppressWarnings("ArrayRecordComponent")
record Taps(int width, int[] first, int[] counts, int[] weights) {
  private static final int FRACTION_BITS = 22;

  /** One half in fixed point, where a sum begins to be rounded in the end. */
  static final int HALF = 1 << (FRACTION_BITS - 1);

  /**
   * @param support the kernel is 0 where {@code |x|} is not below
   */
  static Taps of(Axis axis, double support, DoubleUnaryOperator kernel) {
    double scale = axis.scale();
    // A kernel narrower than the input's grid would skip pixels: widen it when shrinking.
    double stretch = Math.max(scale, 1);
    double reach = support * stretch;
    int width = (int) Math.min(2 * Math.ceil(reach) + 1, axis.length());
    int[] first = new int[axis.count()];
    int[] counts = new int[axis.count()];
    int[] weights = new int[axis.count() * width];
    double[] row = new double[width];
    for (int o = 0; o < axis.count(); o++) {
      double centre = (axis.from() + o + 0.5) * scale;
      int begin = (int) Math.max(centre - reach + 0.5, 0);
      int count = (int) Math.min(centre + reach + 0.5, axis.length()) - begin;
      double sum = 0;
      for (int i = 0; i < count; i++) {
        row[i] = kernel.applyAsDouble((begin + i - centre + 0.5) * (1 / stretch));
        sum += row[i];
      }
      first[o] = axis.start() + begin;
      counts[o] = count;
      for (int i = 0; i < count; i++) {
        double weight = (sum == 0 ? row[i] : row[i] / sum) * (1 << FRACTION_BITS);
        weights[o * width + i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
      }
    }
    return new Taps(width, first, counts, weights);
  }

  /** Returns the byte nearest to a sum that began with {@link #HALF}. */
  static byte rounded(int sum) {
    return (byte) Math.clamp(sum >> FRACTION_BITS, 0, 255);
  }
}
