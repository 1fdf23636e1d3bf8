package io.github.mobilenet4j.kernels;

/**
 * Products of bfloat16 values, with sums in float32. A bfloat16 is the upper half of a float,
 * rounded to the nearest, halfway to the even one; the product of two is exact in float32.
 *
 * <p>A sum begins with the bias and takes the values in pairs, the second of each before the first,
 * as the instruction of AVX512_BF16 does. So these implementations give the same bits, but that the
 * instruction takes denormal numbers for zeros. The tiles of AMX do not: they add up the first and
 * the second values of up to 16 pairs on their own, from zero, and then all that to the sum.
 */
public sealed interface Bfloat16Kernels permits RefilledBfloat16Kernels, RoundingBfloat16Kernels {
  /** Returns the name of the instructions that multiply, for people. */
  String name();

  /**
   * Returns the product of pixels in a line and a matrix.
   *
   * @param matrix {@code [C,K]}, to be rounded
   * @param pixel the distance of pixels of the input, in values before they were rounded; even
   */
  Kernels.Product product(Matrix matrix, int pixel, Layout out, Clamp clamp);

  /**
   * A matrix and its bias.
   *
   * @param rows C
   * @param columns K
   * @param values {@code [C,K]}
   * @param bias {@code [K]}
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Matrix(int rows, int columns, float[] values, float[] bias) {}

  /**
   * Multiplies pixels by one panel of the matrix, adds the bias and clamps, as {@link
   * Kernels#multiply}.
   *
   * @param a input, as {@link #round} wrote it
   * @param aOffset where {@link #round} began to write, in floats
   * @param y output, float32
   * @param yOffset where channel 0 of the first pixel goes
   */
  void multiply(
      Kernels.Product product, int panel, int pixels, Buffer a, int aOffset, Buffer y, int yOffset);

  /**
   * Rounds floats for a product.
   *
   * @param xOffset the first of them
   * @param count how many, a multiple of 16
   * @param yOffset where they go, in floats; they take no more memory than before
   */
  void round(Buffer x, int xOffset, int count, Buffer y, int yOffset);
}
