package io.github.mobilenet4j.kernels;

/**
 * How the int32 sums of a layer become 8-bit values again, with the arithmetic of TensorFlow Lite's
 * reference kernels: {@code clamp(round(round(sum · multiplier · 2^left / 2³¹) / 2^right) +
 * zeroPoint)}, where the first rounding takes halves up and the second away from zero.
 *
 * <p>8-bit values are unsigned here. Where a network's are signed, 128 is added to them and to
 * their zero point.
 *
 * @param multipliers of each column, 2²⁹ to 2³¹−1, or 0
 * @param shifts of each column, −31 to 30: to the left, to the right if negative
 * @param zeroPoint of the output, 0 to 255
 * @param low the least value, 0 to high
 * @param high the greatest value, at most 255
 * @param single whether there is one rounding, of the whole product, halves up: as TensorFlow
 *     Lite's fully connected layers of int8 do it
 */
@SuppressWarnings("ArrayRecordComponent")
public record Requantization(
    int[] multipliers, int[] shifts, int zeroPoint, int low, int high, boolean single) {
  /**
   * Checks every value.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  public Requantization {
    if (multipliers.length != shifts.length
        || zeroPoint < 0
        || zeroPoint > 255
        || low < 0
        || low > high
        || high > 255) {
      throw new IllegalArgumentException(
          "%s multipliers, %s shifts, zero point %s, clamp %s to %s"
              .formatted(multipliers.length, shifts.length, zeroPoint, low, high));
    }
    for (int i = 0; i < shifts.length; i++) {
      if (shifts[i] < -31 || shifts[i] > 30 || multipliers[i] < 0) {
        throw new IllegalArgumentException(
            "multiplier %s, shift %s".formatted(multipliers[i], shifts[i]));
      }
    }
  }

  /** A requantisation with both roundings. */
  public Requantization(int[] multipliers, int[] shifts, int zeroPoint, int low, int high) {
    this(multipliers, shifts, zeroPoint, low, high, false);
  }

  /** Returns the same with one rounding. */
  public Requantization singly() {
    return new Requantization(multipliers, shifts, zeroPoint, low, high, true);
  }

  /**
   * Returns the requantisation by real factors, each as the nearest {@code multiplier · 2^(shift −
   * 31)}. A factor below 2⁻³² becomes 0.
   *
   * @param factors of each column, ≥ 0: scale of the input times scale of the kernel by scale of
   *     the output
   * @throws IllegalArgumentException if a factor is negative, not finite or 2³⁰ and more, or
   *     another value out of its range
   */
  public static Requantization of(double[] factors, int zeroPoint, int low, int high) {
    int[] multipliers = new int[factors.length];
    int[] shifts = new int[factors.length];
    for (int i = 0; i < factors.length; i++) {
      double factor = factors[i];
      if (!(factor >= 0 && factor < 1 << 30)) {
        throw new IllegalArgumentException("factor %s, expected 0 to 2^30".formatted(factor));
      }
      int exponent = factor == 0 ? 0 : Math.getExponent(factor) + 1;
      // Half to one; halves of a step go up, all being positive.
      long fixed = (long) Math.floor(Math.scalb(factor, 31 - exponent) + 0.5);
      if (fixed == 1L << 31) {
        fixed >>= 1;
        exponent++;
      }
      boolean tiny = exponent < -31;
      multipliers[i] = tiny ? 0 : (int) fixed;
      shifts[i] = tiny ? 0 : exponent;
    }
    return new Requantization(multipliers, shifts, zeroPoint, low, high);
  }

  /**
   * Returns the requantisation that gives what ONNX Runtime does: the product of the sum and the
   * factor as float32, which has 24 bits, rounded with halves to even. The multiplier of a column
   * is one for which {@code ⌊(sum · multiplier + half) / 2^count⌋} goes from each value to the next
   * at the very sum where the floats do; where there is none, one for which most do so.
   *
   * @param factors of each column, ≥ 0
   * @throws IllegalArgumentException as {@link #of}
   */
  public static Requantization ofFloats(float[] factors, int zeroPoint, int low, int high) {
    double[] exact = new double[factors.length];
    for (int i = 0; i < exact.length; i++) {
      exact[i] = factors[i];
    }
    Requantization nearest = of(exact, zeroPoint, low, high);
    int[] multipliers = nearest.multipliers.clone();
    for (int i = 0; i < multipliers.length; i++) {
      if (multipliers[i] > 0) {
        FloatSteps steps = new FloatSteps(factors[i], 31 - nearest.shifts[i]);
        multipliers[i] = steps.multiplier(multipliers[i], low - zeroPoint, high - zeroPoint);
      }
    }
    return new Requantization(multipliers, nearest.shifts, zeroPoint, low, high, true);
  }

  /**
   * Returns the requantisation of sums to means, as TensorFlow Lite's MEAN has it: the multiplier
   * of the factor by the count, cut off.
   *
   * @param factor scale of the input by scale of the output
   * @param count of values in each sum, ≥ 1
   * @throws IllegalArgumentException as {@link #of}
   */
  public static Requantization mean(double factor, int count, int zeroPoint) {
    Requantization whole = of(new double[] {factor}, zeroPoint, 0, 255);
    // As far as the shift to the right stays one of 31 and less.
    int more = Math.min(31 - Integer.numberOfLeadingZeros(count), 31 + whole.shifts[0]);
    long multiplier = ((long) whole.multipliers[0] << more) / count;
    return new Requantization(
        new int[] {(int) multiplier}, new int[] {whole.shifts[0] - more}, zeroPoint, 0, 255);
  }

  /** Returns the number of columns. */
  public int columns() {
    return multipliers.length;
  }

  /** Returns the 8-bit value of a column's sum: the specification. */
  public int apply(int sum, int column) {
    int left = Math.max(shifts[column], 0);
    int right = Math.max(-shifts[column], 0);
    long product = (long) sum * multipliers[column];
    if (single) {
      int count = 31 - left + right;
      return Math.clamp((product + (1L << count - 1) >> count) + zeroPoint, low, high);
    }
    int high31 = (int) (product + (1L << 30 - left) >> 31 - left);
    long half = right == 0 ? 0 : 1L << right - 1;
    int sign = right == 0 ? 0 : high31 >>> 31;
    return Math.clamp((high31 + half - sign >> right) + zeroPoint, low, high);
  }

  /** Returns the 8-bit value of a sum of 0, which is what columns that fill up a group have. */
  int ofZero() {
    return Math.clamp(zeroPoint, low, high);
  }

  /**
   * Returns whether all values below the zero point are clamped, and every column that is not 0
   * shifts to the right. Then the two roundings are one: of what is not negative both take halves
   * up, and {@code ⌊(⌊a⌋ + b) / c⌋ = ⌊(a + b) / c⌋} for whole b and c.
   */
  public boolean roundsOnce() {
    for (int i = 0; i < shifts.length; i++) {
      if (shifts[i] >= 0 && multipliers[i] != 0) {
        return false;
      }
    }
    return low == zeroPoint;
  }
}
