package io.github.mobilenet4j.kernels;

/** Floats rounded to bfloat16: to the nearest, halfway to the even one; NaN stays NaN. */
final class Bfloat16 {
  /** Of a bfloat16. */
  static final int BITS = 16;

  private Bfloat16() {}

  /** Returns the bfloat16 of a float: the upper half of its bits, rounded. */
  static short bits(float value) {
    int bits = Float.floatToIntBits(value);
    int rounded = Float.isNaN(value) ? bits : bits + 0x7fff + (bits >>> 16 & 1);
    return (short) (rounded >>> 16);
  }

  /** Returns the bits of a float that are those of a bfloat16, as {@link TrainingKernels#round}. */
  static int roundedBits(int bits) {
    return bits + 0x7fff + (bits >>> 16 & 1) & 0xffff_0000;
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
    pairs(rows, columns, values, columns, 1, pairs);
    return pairs;
  }

  /** The same of values that lie so far apart, into an array. */
  static void pairs(
      int rows, int columns, float[] values, int rowStep, int columnStep, float[] pairs) {
    for (int row = 0; row < rows; row += 2) {
      int at = row / 2 * columns;
      for (int k = 0; k < columns; k++) {
        int from = row * rowStep + k * columnStep;
        int first = bits(values[from]) & 0xffff;
        int second = row + 1 < rows ? bits(values[from + rowStep]) << 16 : 0;
        pairs[at + k] = Float.intBitsToFloat(first | second);
      }
    }
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
