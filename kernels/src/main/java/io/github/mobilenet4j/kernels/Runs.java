package io.github.mobilenet4j.kernels;

/**
 * The arrays that the innermost plain loops work on: runs of neighbouring values, copied.
 *
 * <p>C2 makes vector instructions of a loop only where it is sure that what is written does not
 * overlap what is read, and of arrays it is sure when the loop variable alone is their index.
 */
final class Runs {
  /** The most values of a run: columns of a matrix, or channels of a pixel. */
  static final int RUN = 256;

  /** Pixels that share the copies of a matrix's rows; their sums stay in the first-level cache. */
  static final int PIXELS = 16;

  /** Rows of a matrix that one pass over a sum multiplies. */
  private static final int ROWS = 4;

  static final int TAPS = 9;

  final float[][] sums = new float[PIXELS][RUN];
  final float[][] x = new float[TAPS][RUN];

  /** Rows of a matrix; bias and taps of depthwise filters; coefficients of a BatchNorm. */
  final float[][] w = new float[1 + TAPS][RUN];

  /** How many sums, and how many values of each, are in use. */
  private int pixels;

  private int width;

  /** Sets how many of the sums are in use. */
  void use(int pixels, int width) {
    this.pixels = pixels;
    this.width = width;
  }

  /** {@code sums[m,k] += Σ_i a[m·aPixel + i·aStep] · b[i·bStep + k]}, in order of i. */
  void addProduct(
      float[] a, int aFrom, int aPixel, int aStep, int length, float[] b, int bFrom, int bStep) {
    int i = 0;
    for (; i <= length - ROWS; i += ROWS) {
      for (int r = 0; r < ROWS; r++) {
        System.arraycopy(b, bFrom + (i + r) * bStep, w[r], 0, width);
      }
      for (int m = 0; m < pixels; m += 2) {
        // After the last of an odd number it follows again: added twice, stored twice, the same.
        int n = Math.min(m + 1, pixels - 1);
        int from = aFrom + i * aStep;
        addRows(a, from + m * aPixel, from + n * aPixel, aStep, w, width, sums[m], sums[n]);
      }
    }
    for (; i < length; i++) {
      System.arraycopy(b, bFrom + i * bStep, w[0], 0, width);
      for (int m = 0; m < pixels; m++) {
        addRow(a[aFrom + m * aPixel + i * aStep], w[0], width, sums[m]);
      }
    }
  }

  /** Adds four rows of a matrix to the sums of two pixels. */
  private static void addRows(
      float[] a, int m, int n, int step, float[][] w, int width, float[] sum, float[] other) {
    float m0 = a[m], m1 = a[m + step], m2 = a[m + 2 * step], m3 = a[m + 3 * step];
    float n0 = a[n], n1 = a[n + step], n2 = a[n + 2 * step], n3 = a[n + 3 * step];
    float[] w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
    for (int k = 0; k < width; k++) {
      // All reads come before the first write, which might change what is read after it.
      float v0 = w0[k], v1 = w1[k], v2 = w2[k], v3 = w3[k];
      float s = Math.fma(m1, v1, Math.fma(m0, v0, sum[k]));
      float t = Math.fma(n1, v1, Math.fma(n0, v0, other[k]));
      sum[k] = Math.fma(m3, v3, Math.fma(m2, v2, s));
      other[k] = Math.fma(n3, v3, Math.fma(n2, v2, t));
    }
  }

  private static void addRow(float a, float[] w, int width, float[] sum) {
    for (int k = 0; k < width; k++) {
      sum[k] = Math.fma(a, w[k], sum[k]);
    }
  }

  /** Clamps sums and stores them. */
  static void clamp(float[] sums, int count, Clamp clamp, float[] y, int to, float[] scratch) {
    float low = clamp.low();
    float high = clamp.high();
    for (int k = 0; k < count; k++) {
      scratch[k] = Math.min(Math.max(sums[k], low), high);
    }
    System.arraycopy(scratch, 0, y, to, count);
    // C2 makes vector instructions of max and min, but of no comparison. They take -0 for less than
    // 0, which it is not.
    for (int k = 0; k < count; k++) {
      if (sums[k] == 0) {
        y[to + k] = sums[k] < low ? low : sums[k] > high ? high : sums[k];
      }
    }
  }
}
