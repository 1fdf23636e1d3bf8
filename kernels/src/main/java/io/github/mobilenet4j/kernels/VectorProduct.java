package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.Vectors.LANES;
import static io.github.mobilenet4j.kernels.Vectors.SPECIES;
import static io.github.mobilenet4j.kernels.Vectors.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The tiles of products with the Vector API: of floats, and of integers that floats hold exactly.
 */
final class VectorProduct {
  /** Pixels of a product tile. */
  static final int ROWS = 6;

  /**
   * Columns of a wide tile: four vectors, where there are 32 registers for its 24 accumulators. 0
   * where there are none such.
   */
  static final int WIDE =
      LANES != 8 || System.getProperty("os.arch").equals("aarch64") ? 4 * LANES : 0;

  // Where the values of a tile are: each of its pixels in the input, in the output, and its sums so
  // far, in the bias or in the output; the first row of the matrix, how long a row is, how many.
  static final int A = 0;
  static final int Y = ROWS;
  static final int SUMS = 2 * ROWS;
  static final int B = 3 * ROWS;
  static final int WIDTH = B + 1;
  static final int LENGTH = B + 2;

  private VectorProduct() {}

  /** Returns an array for where the values of a tile are. */
  static int[] places() {
    return new int[LENGTH + 1];
  }

  /**
   * Multiplies {@link #ROWS} pixels by a panel, {@code y[m,k] = clamp(sums[m,k] + Σ_i a[m,i] ·
   * b[i,k])}.
   *
   * @param at where the values are
   */
  static void rows(int[] at, float[] a, float[] b, float[] sums, float[] y, Clamp clamp) {
    if (at[WIDTH] == WIDE) {
      wideTile(at, a, b, sums, y, clamp.low(), clamp.high());
    } else {
      for (int c = 0; c < at[WIDTH]; c += 2 * LANES) {
        tile(at, c, a, b, sums, y, clamp.low(), clamp.high());
      }
    }
  }

  /**
   * Six pixels by a panel of four vectors, {@code y[m,k] = clamp(sums[m,k] + Σ_i a[m,i] · b[i,k])}.
   *
   * <p>The clamp is written out: C2 has made so many nodes here that it inlines no more methods of
   * ours, and a vector that is passed to one which is not inlined becomes an object.
   */
  private static void wideTile(
      int[] at, float[] a, float[] b, float[] sums, float[] y, float low, float high) {
    int f0 = at[SUMS];
    FloatVector s00 = load(sums, f0);
    FloatVector s01 = load(sums, f0 + LANES);
    FloatVector s02 = load(sums, f0 + 2 * LANES);
    FloatVector s03 = load(sums, f0 + 3 * LANES);
    int f1 = at[SUMS + 1];
    FloatVector s10 = load(sums, f1);
    FloatVector s11 = load(sums, f1 + LANES);
    FloatVector s12 = load(sums, f1 + 2 * LANES);
    FloatVector s13 = load(sums, f1 + 3 * LANES);
    int f2 = at[SUMS + 2];
    FloatVector s20 = load(sums, f2);
    FloatVector s21 = load(sums, f2 + LANES);
    FloatVector s22 = load(sums, f2 + 2 * LANES);
    FloatVector s23 = load(sums, f2 + 3 * LANES);
    int f3 = at[SUMS + 3];
    FloatVector s30 = load(sums, f3);
    FloatVector s31 = load(sums, f3 + LANES);
    FloatVector s32 = load(sums, f3 + 2 * LANES);
    FloatVector s33 = load(sums, f3 + 3 * LANES);
    int f4 = at[SUMS + 4];
    FloatVector s40 = load(sums, f4);
    FloatVector s41 = load(sums, f4 + LANES);
    FloatVector s42 = load(sums, f4 + 2 * LANES);
    FloatVector s43 = load(sums, f4 + 3 * LANES);
    int f5 = at[SUMS + 5];
    FloatVector s50 = load(sums, f5);
    FloatVector s51 = load(sums, f5 + LANES);
    FloatVector s52 = load(sums, f5 + 2 * LANES);
    FloatVector s53 = load(sums, f5 + 3 * LANES);
    int a0 = at[A], a1 = at[A + 1], a2 = at[A + 2];
    int a3 = at[A + 3], a4 = at[A + 4], a5 = at[A + 5];
    int bAt = at[B], length = at[LENGTH];
    for (int i = 0; i < length; i++) {
      FloatVector w0 = load(b, bAt + i * WIDE);
      FloatVector w1 = load(b, bAt + i * WIDE + LANES);
      FloatVector w2 = load(b, bAt + i * WIDE + 2 * LANES);
      FloatVector w3 = load(b, bAt + i * WIDE + 3 * LANES);
      FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
      s00 = v.fma(w0, s00);
      s01 = v.fma(w1, s01);
      s02 = v.fma(w2, s02);
      s03 = v.fma(w3, s03);
      v = FloatVector.broadcast(SPECIES, a[a1 + i]);
      s10 = v.fma(w0, s10);
      s11 = v.fma(w1, s11);
      s12 = v.fma(w2, s12);
      s13 = v.fma(w3, s13);
      v = FloatVector.broadcast(SPECIES, a[a2 + i]);
      s20 = v.fma(w0, s20);
      s21 = v.fma(w1, s21);
      s22 = v.fma(w2, s22);
      s23 = v.fma(w3, s23);
      v = FloatVector.broadcast(SPECIES, a[a3 + i]);
      s30 = v.fma(w0, s30);
      s31 = v.fma(w1, s31);
      s32 = v.fma(w2, s32);
      s33 = v.fma(w3, s33);
      v = FloatVector.broadcast(SPECIES, a[a4 + i]);
      s40 = v.fma(w0, s40);
      s41 = v.fma(w1, s41);
      s42 = v.fma(w2, s42);
      s43 = v.fma(w3, s43);
      v = FloatVector.broadcast(SPECIES, a[a5 + i]);
      s50 = v.fma(w0, s50);
      s51 = v.fma(w1, s51);
      s52 = v.fma(w2, s52);
      s53 = v.fma(w3, s53);
    }
    int y0 = at[Y], y1 = at[Y + 1], y2 = at[Y + 2];
    int y3 = at[Y + 3], y4 = at[Y + 4], y5 = at[Y + 5];
    FloatVector lo = FloatVector.broadcast(SPECIES, low);
    FloatVector hi = FloatVector.broadcast(SPECIES, high);
    s00 = s00.blend(lo, s00.compare(VectorOperators.LT, lo));
    s00.blend(hi, s00.compare(VectorOperators.GT, hi)).intoArray(y, y0);
    s01 = s01.blend(lo, s01.compare(VectorOperators.LT, lo));
    s01.blend(hi, s01.compare(VectorOperators.GT, hi)).intoArray(y, y0 + LANES);
    s02 = s02.blend(lo, s02.compare(VectorOperators.LT, lo));
    s02.blend(hi, s02.compare(VectorOperators.GT, hi)).intoArray(y, y0 + 2 * LANES);
    s03 = s03.blend(lo, s03.compare(VectorOperators.LT, lo));
    s03.blend(hi, s03.compare(VectorOperators.GT, hi)).intoArray(y, y0 + 3 * LANES);
    s10 = s10.blend(lo, s10.compare(VectorOperators.LT, lo));
    s10.blend(hi, s10.compare(VectorOperators.GT, hi)).intoArray(y, y1);
    s11 = s11.blend(lo, s11.compare(VectorOperators.LT, lo));
    s11.blend(hi, s11.compare(VectorOperators.GT, hi)).intoArray(y, y1 + LANES);
    s12 = s12.blend(lo, s12.compare(VectorOperators.LT, lo));
    s12.blend(hi, s12.compare(VectorOperators.GT, hi)).intoArray(y, y1 + 2 * LANES);
    s13 = s13.blend(lo, s13.compare(VectorOperators.LT, lo));
    s13.blend(hi, s13.compare(VectorOperators.GT, hi)).intoArray(y, y1 + 3 * LANES);
    s20 = s20.blend(lo, s20.compare(VectorOperators.LT, lo));
    s20.blend(hi, s20.compare(VectorOperators.GT, hi)).intoArray(y, y2);
    s21 = s21.blend(lo, s21.compare(VectorOperators.LT, lo));
    s21.blend(hi, s21.compare(VectorOperators.GT, hi)).intoArray(y, y2 + LANES);
    s22 = s22.blend(lo, s22.compare(VectorOperators.LT, lo));
    s22.blend(hi, s22.compare(VectorOperators.GT, hi)).intoArray(y, y2 + 2 * LANES);
    s23 = s23.blend(lo, s23.compare(VectorOperators.LT, lo));
    s23.blend(hi, s23.compare(VectorOperators.GT, hi)).intoArray(y, y2 + 3 * LANES);
    s30 = s30.blend(lo, s30.compare(VectorOperators.LT, lo));
    s30.blend(hi, s30.compare(VectorOperators.GT, hi)).intoArray(y, y3);
    s31 = s31.blend(lo, s31.compare(VectorOperators.LT, lo));
    s31.blend(hi, s31.compare(VectorOperators.GT, hi)).intoArray(y, y3 + LANES);
    s32 = s32.blend(lo, s32.compare(VectorOperators.LT, lo));
    s32.blend(hi, s32.compare(VectorOperators.GT, hi)).intoArray(y, y3 + 2 * LANES);
    s33 = s33.blend(lo, s33.compare(VectorOperators.LT, lo));
    s33.blend(hi, s33.compare(VectorOperators.GT, hi)).intoArray(y, y3 + 3 * LANES);
    s40 = s40.blend(lo, s40.compare(VectorOperators.LT, lo));
    s40.blend(hi, s40.compare(VectorOperators.GT, hi)).intoArray(y, y4);
    s41 = s41.blend(lo, s41.compare(VectorOperators.LT, lo));
    s41.blend(hi, s41.compare(VectorOperators.GT, hi)).intoArray(y, y4 + LANES);
    s42 = s42.blend(lo, s42.compare(VectorOperators.LT, lo));
    s42.blend(hi, s42.compare(VectorOperators.GT, hi)).intoArray(y, y4 + 2 * LANES);
    s43 = s43.blend(lo, s43.compare(VectorOperators.LT, lo));
    s43.blend(hi, s43.compare(VectorOperators.GT, hi)).intoArray(y, y4 + 3 * LANES);
    s50 = s50.blend(lo, s50.compare(VectorOperators.LT, lo));
    s50.blend(hi, s50.compare(VectorOperators.GT, hi)).intoArray(y, y5);
    s51 = s51.blend(lo, s51.compare(VectorOperators.LT, lo));
    s51.blend(hi, s51.compare(VectorOperators.GT, hi)).intoArray(y, y5 + LANES);
    s52 = s52.blend(lo, s52.compare(VectorOperators.LT, lo));
    s52.blend(hi, s52.compare(VectorOperators.GT, hi)).intoArray(y, y5 + 2 * LANES);
    s53 = s53.blend(lo, s53.compare(VectorOperators.LT, lo));
    s53.blend(hi, s53.compare(VectorOperators.GT, hi)).intoArray(y, y5 + 3 * LANES);
  }

  /** Six pixels by two vectors, those at column {@code c0} of a panel and the next, if any. */
  private static void tile(
      int[] at, int c0, float[] a, float[] b, float[] sums, float[] y, float low, float high) {
    int c1 = Math.min(c0 + LANES, at[WIDTH] - LANES);
    int f0 = at[SUMS];
    FloatVector s00 = load(sums, f0 + c0);
    FloatVector s01 = load(sums, f0 + c1);
    int f1 = at[SUMS + 1];
    FloatVector s10 = load(sums, f1 + c0);
    FloatVector s11 = load(sums, f1 + c1);
    int f2 = at[SUMS + 2];
    FloatVector s20 = load(sums, f2 + c0);
    FloatVector s21 = load(sums, f2 + c1);
    int f3 = at[SUMS + 3];
    FloatVector s30 = load(sums, f3 + c0);
    FloatVector s31 = load(sums, f3 + c1);
    int f4 = at[SUMS + 4];
    FloatVector s40 = load(sums, f4 + c0);
    FloatVector s41 = load(sums, f4 + c1);
    int f5 = at[SUMS + 5];
    FloatVector s50 = load(sums, f5 + c0);
    FloatVector s51 = load(sums, f5 + c1);
    int a0 = at[A], a1 = at[A + 1], a2 = at[A + 2];
    int a3 = at[A + 3], a4 = at[A + 4], a5 = at[A + 5];
    int b0 = at[B] + c0, b1 = at[B] + c1;
    int width = at[WIDTH], length = at[LENGTH];
    for (int i = 0; i < length; i++) {
      FloatVector w0 = load(b, b0 + i * width);
      FloatVector w1 = load(b, b1 + i * width);
      FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
      s00 = v.fma(w0, s00);
      s01 = v.fma(w1, s01);
      v = FloatVector.broadcast(SPECIES, a[a1 + i]);
      s10 = v.fma(w0, s10);
      s11 = v.fma(w1, s11);
      v = FloatVector.broadcast(SPECIES, a[a2 + i]);
      s20 = v.fma(w0, s20);
      s21 = v.fma(w1, s21);
      v = FloatVector.broadcast(SPECIES, a[a3 + i]);
      s30 = v.fma(w0, s30);
      s31 = v.fma(w1, s31);
      v = FloatVector.broadcast(SPECIES, a[a4 + i]);
      s40 = v.fma(w0, s40);
      s41 = v.fma(w1, s41);
      v = FloatVector.broadcast(SPECIES, a[a5 + i]);
      s50 = v.fma(w0, s50);
      s51 = v.fma(w1, s51);
    }
    int y0 = at[Y], y1 = at[Y + 1], y2 = at[Y + 2];
    int y3 = at[Y + 3], y4 = at[Y + 4], y5 = at[Y + 5];
    FloatVector lo = FloatVector.broadcast(SPECIES, low);
    FloatVector hi = FloatVector.broadcast(SPECIES, high);
    s00 = s00.blend(lo, s00.compare(VectorOperators.LT, lo));
    s00.blend(hi, s00.compare(VectorOperators.GT, hi)).intoArray(y, y0 + c0);
    s01 = s01.blend(lo, s01.compare(VectorOperators.LT, lo));
    s01.blend(hi, s01.compare(VectorOperators.GT, hi)).intoArray(y, y0 + c1);
    s10 = s10.blend(lo, s10.compare(VectorOperators.LT, lo));
    s10.blend(hi, s10.compare(VectorOperators.GT, hi)).intoArray(y, y1 + c0);
    s11 = s11.blend(lo, s11.compare(VectorOperators.LT, lo));
    s11.blend(hi, s11.compare(VectorOperators.GT, hi)).intoArray(y, y1 + c1);
    s20 = s20.blend(lo, s20.compare(VectorOperators.LT, lo));
    s20.blend(hi, s20.compare(VectorOperators.GT, hi)).intoArray(y, y2 + c0);
    s21 = s21.blend(lo, s21.compare(VectorOperators.LT, lo));
    s21.blend(hi, s21.compare(VectorOperators.GT, hi)).intoArray(y, y2 + c1);
    s30 = s30.blend(lo, s30.compare(VectorOperators.LT, lo));
    s30.blend(hi, s30.compare(VectorOperators.GT, hi)).intoArray(y, y3 + c0);
    s31 = s31.blend(lo, s31.compare(VectorOperators.LT, lo));
    s31.blend(hi, s31.compare(VectorOperators.GT, hi)).intoArray(y, y3 + c1);
    s40 = s40.blend(lo, s40.compare(VectorOperators.LT, lo));
    s40.blend(hi, s40.compare(VectorOperators.GT, hi)).intoArray(y, y4 + c0);
    s41 = s41.blend(lo, s41.compare(VectorOperators.LT, lo));
    s41.blend(hi, s41.compare(VectorOperators.GT, hi)).intoArray(y, y4 + c1);
    s50 = s50.blend(lo, s50.compare(VectorOperators.LT, lo));
    s50.blend(hi, s50.compare(VectorOperators.GT, hi)).intoArray(y, y5 + c0);
    s51 = s51.blend(lo, s51.compare(VectorOperators.LT, lo));
    s51.blend(hi, s51.compare(VectorOperators.GT, hi)).intoArray(y, y5 + c1);
  }
}
