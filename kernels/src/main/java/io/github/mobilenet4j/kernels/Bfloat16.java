package io.github.mobilenet4j.kernels;

/** Floats rounded to bfloat16: to the nearest, halfway to the even one; NaN stays NaN. */
final class Bfloat16 {
  private Bfloat16() {}

  /** Returns a float that is a bfloat16. */
  static float rounded(float value) {
    return Float.intBitsToFloat(roundedBits(value) & 0xffff0000);
  }

  private static int roundedBits(float value) {
    int bits = Float.floatToIntBits(value);
    return Float.isNaN(value) ? bits : bits + 0x7fff + (bits >>> 16 & 1);
  }

  /**
   * Returns pairs of neighbouring rows as the bits of floats, the first in the lower half.
   *
   * @param values {@code [rows,columns]}
   */
  static float[] pairs(int rows, int columns, float[] values) {
    float[] pairs = new float[(rows + 1) / 2 * columns];
    for (int i = 0; i < values.length; i++) {
      int row = i / columns;
      int at = row / 2 * columns + i % columns;
      int bits = roundedBits(values[i]) >>> 16;
      int other = Float.floatToRawIntBits(pairs[at]);
      pairs[at] = Float.intBitsToFloat(row % 2 == 0 ? bits : other | bits << 16);
    }
    return pairs;
  }

  /**
   * Returns rounded values, the second of each pair of rows before the first.
   *
   * @param values {@code [rows,columns]}
   */
  static float[] swapped(int rows, int columns, float[] values) {
    float[] swapped = new float[(rows + 1) / 2 * 2 * columns];
    for (int i = 0; i < values.length; i++) {
      int row = i / columns ^ 1;
      swapped[row * columns + i % columns] = rounded(values[i]);
    }
    return swapped;
  }
}
