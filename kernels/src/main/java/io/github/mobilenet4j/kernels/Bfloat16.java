package io.github.mobilenet4j.kernels;

/** Floats rounded to bfloat16: to the nearest, halfway to the even one; NaN stays NaN. */
final class Bfloat16 {
  private Bfloat16() {}

  /** Returns the bfloat16 of a float: the upper half of its bits, rounded. */
  static short bits(float value) {
    int bits = Float.floatToIntBits(value);
    int rounded = Float.isNaN(value) ? bits : bits + 0x7fff + (bits >>> 16 & 1);
    return (short) (rounded >>> 16);
  }

  /** Returns a float that is a bfloat16. */
  static float rounded(float value) {
    return Float.intBitsToFloat(bits(value) << 16);
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
      int bits = bits(values[i]) & 0xffff;
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
