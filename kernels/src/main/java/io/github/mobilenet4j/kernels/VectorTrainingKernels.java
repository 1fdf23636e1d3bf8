package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.VectorKernels.LANES;
import static io.github.mobilenet4j.kernels.VectorKernels.SPECIES;
import static io.github.mobilenet4j.kernels.VectorKernels.clamp;
import static io.github.mobilenet4j.kernels.VectorKernels.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The Vector API, with vectors of the same width as {@link VectorKernels}. */
final class VectorTrainingKernels implements TrainingKernels {
  /** Rows of a product tile. */
  private static final int ROWS = 6;

  @Override
  public void multiplyTransposed(
      Floats a,
      int aOffset,
      int aPixel,
      int rows,
      Floats b,
      int bOffset,
      int bPixel,
      int groups,
      Floats y,
      int yOffset,
      int yRow,
      int pixels) {
    int columns = groups * Channels.GROUP;
    for (int k = 0; k < columns; k += 2 * LANES) {
      // What goes past the end repeats the last one: computed twice, stored twice, the same.
      int other = Math.min(k + LANES, columns - LANES) - k;
      for (int r = 0; r < rows; r += ROWS) {
        tile(
            a.array(),
            aOffset + r,
            aPixel,
            rows - r - 1,
            b.array(),
            bOffset + k,
            bPixel,
            other,
            y.array(),
            yOffset + r * yRow + k,
            yRow,
            pixels);
      }
    }
  }

  /**
   * Six rows by two vectors.
   *
   * @param last the last row, counted from the tile's first; may be beyond the tile
   * @param other where the second vector is, counted from the first
   */
  private static void tile(
      float[] a,
      int aAt,
      int aPixel,
      int last,
      float[] b,
      int bAt,
      int bPixel,
      int other,
      float[] y,
      int yAt,
      int yRow,
      int pixels) {
    int r1 = Math.min(1, last);
    int r2 = Math.min(2, last);
    int r3 = Math.min(3, last);
    int r4 = Math.min(4, last);
    int r5 = Math.min(5, last);
    int y0 = yAt;
    int y1 = yAt + r1 * yRow;
    int y2 = yAt + r2 * yRow;
    int y3 = yAt + r3 * yRow;
    int y4 = yAt + r4 * yRow;
    int y5 = yAt + r5 * yRow;
    FloatVector s00 = load(y, y0);
    FloatVector s01 = load(y, y0 + other);
    FloatVector s10 = load(y, y1);
    FloatVector s11 = load(y, y1 + other);
    FloatVector s20 = load(y, y2);
    FloatVector s21 = load(y, y2 + other);
    FloatVector s30 = load(y, y3);
    FloatVector s31 = load(y, y3 + other);
    FloatVector s40 = load(y, y4);
    FloatVector s41 = load(y, y4 + other);
    FloatVector s50 = load(y, y5);
    FloatVector s51 = load(y, y5 + other);
    for (int p = 0; p < pixels; p++) {
      int from = aAt + p * aPixel;
      FloatVector b0 = load(b, bAt + p * bPixel);
      FloatVector b1 = load(b, bAt + p * bPixel + other);
      FloatVector v = FloatVector.broadcast(SPECIES, a[from]);
      s00 = v.fma(b0, s00);
      s01 = v.fma(b1, s01);
      v = FloatVector.broadcast(SPECIES, a[from + r1]);
      s10 = v.fma(b0, s10);
      s11 = v.fma(b1, s11);
      v = FloatVector.broadcast(SPECIES, a[from + r2]);
      s20 = v.fma(b0, s20);
      s21 = v.fma(b1, s21);
      v = FloatVector.broadcast(SPECIES, a[from + r3]);
      s30 = v.fma(b0, s30);
      s31 = v.fma(b1, s31);
      v = FloatVector.broadcast(SPECIES, a[from + r4]);
      s40 = v.fma(b0, s40);
      s41 = v.fma(b1, s41);
      v = FloatVector.broadcast(SPECIES, a[from + r5]);
      s50 = v.fma(b0, s50);
      s51 = v.fma(b1, s51);
    }
    s00.intoArray(y, y0);
    s01.intoArray(y, y0 + other);
    s10.intoArray(y, y1);
    s11.intoArray(y, y1 + other);
    s20.intoArray(y, y2);
    s21.intoArray(y, y2 + other);
    s30.intoArray(y, y3);
    s31.intoArray(y, y3 + other);
    s40.intoArray(y, y4);
    s41.intoArray(y, y4 + other);
    s50.intoArray(y, y5);
    s51.intoArray(y, y5 + other);
  }

  @Override
  public void depthwiseGradient(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      Floats dz,
      int dzOffset,
      int dzPixel,
      int dzRow,
      int rows,
      int columns,
      int groups,
      Floats dw,
      int dwOffset,
      int dwTap) {
    for (int c = 0; c < groups * Channels.GROUP; c += LANES) {
      addTaps(
          x.array(),
          xOffset + c,
          xPixel,
          xRow,
          stride,
          dz.array(),
          dzOffset + c,
          dzPixel,
          dzRow,
          rows,
          columns,
          dw.array(),
          dwOffset + c,
          dwTap);
    }
  }

  /** The gradient of a vector of filters. */
  private static void addTaps(
      float[] x,
      int xAt,
      int xPixel,
      int xRow,
      int stride,
      float[] dz,
      int dzAt,
      int dzPixel,
      int dzRow,
      int rows,
      int columns,
      float[] dw,
      int dwAt,
      int dwTap) {
    FloatVector s00 = load(dw, dwAt);
    FloatVector s01 = load(dw, dwAt + dwTap);
    FloatVector s02 = load(dw, dwAt + 2 * dwTap);
    FloatVector s10 = load(dw, dwAt + 3 * dwTap);
    FloatVector s11 = load(dw, dwAt + 4 * dwTap);
    FloatVector s12 = load(dw, dwAt + 5 * dwTap);
    FloatVector s20 = load(dw, dwAt + 6 * dwTap);
    FloatVector s21 = load(dw, dwAt + 7 * dwTap);
    FloatVector s22 = load(dw, dwAt + 8 * dwTap);
    for (int p = 0; p < rows; p++) {
      for (int q = 0; q < columns; q++) {
        FloatVector g = load(dz, dzAt + p * dzRow + q * dzPixel);
        int x0 = xAt + p * stride * xRow + q * stride * xPixel;
        int x1 = x0 + xRow;
        int x2 = x1 + xRow;
        s00 = load(x, x0).fma(g, s00);
        s01 = load(x, x0 + xPixel).fma(g, s01);
        s02 = load(x, x0 + 2 * xPixel).fma(g, s02);
        s10 = load(x, x1).fma(g, s10);
        s11 = load(x, x1 + xPixel).fma(g, s11);
        s12 = load(x, x1 + 2 * xPixel).fma(g, s12);
        s20 = load(x, x2).fma(g, s20);
        s21 = load(x, x2 + xPixel).fma(g, s21);
        s22 = load(x, x2 + 2 * xPixel).fma(g, s22);
      }
    }
    s00.intoArray(dw, dwAt);
    s01.intoArray(dw, dwAt + dwTap);
    s02.intoArray(dw, dwAt + 2 * dwTap);
    s10.intoArray(dw, dwAt + 3 * dwTap);
    s11.intoArray(dw, dwAt + 4 * dwTap);
    s12.intoArray(dw, dwAt + 5 * dwTap);
    s20.intoArray(dw, dwAt + 6 * dwTap);
    s21.intoArray(dw, dwAt + 7 * dwTap);
    s22.intoArray(dw, dwAt + 8 * dwTap);
  }

  @Override
  public void scaleShift(
      Floats x,
      int xOffset,
      int xPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float low,
      float high,
      Floats y,
      int yOffset,
      int yPixel,
      int groups,
      int pixels) {
    float[] n = norm.values().array();
    for (int c = 0; c < groups * Channels.GROUP; c += LANES) {
      int at = PackedBatchNorm.at(firstGroup, c);
      FloatVector scale = load(n, at + PackedBatchNorm.SCALE);
      FloatVector shift = load(n, at + PackedBatchNorm.SHIFT);
      for (int p = 0; p < pixels; p++) {
        FloatVector value = load(x.array(), xOffset + p * xPixel + c).fma(scale, shift);
        clamp(value, low, high).intoArray(y.array(), yOffset + p * yPixel + c);
      }
    }
  }

  @Override
  public void moments(
      Floats x,
      int xOffset,
      int xPixel,
      Floats pivot,
      int pivotOffset,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels) {
    for (int c = 0; c < groups * Channels.GROUP; c += LANES) {
      FloatVector centre = load(pivot.array(), pivotOffset + c);
      FloatVector sum = load(sums.array(), sumsOffset + c);
      FloatVector square = load(sums.array(), sumsOffset + sumsRow + c);
      for (int p = 0; p < pixels; p++) {
        FloatVector d = load(x.array(), xOffset + p * xPixel + c).sub(centre);
        sum = sum.add(d);
        square = d.fma(d, square);
      }
      sum.intoArray(sums.array(), sumsOffset + c);
      square.intoArray(sums.array(), sumsOffset + sumsRow + c);
    }
  }

  @Override
  public void normGradientSums(
      Floats dy,
      int dyOffset,
      int dyPixel,
      Floats z,
      int zOffset,
      int zPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float high,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels) {
    FloatVector zero = FloatVector.zero(SPECIES);
    float[] n = norm.values().array();
    for (int c = 0; c < groups * Channels.GROUP; c += LANES) {
      int at = PackedBatchNorm.at(firstGroup, c);
      FloatVector scale = load(n, at + PackedBatchNorm.SCALE);
      FloatVector shift = load(n, at + PackedBatchNorm.SHIFT);
      FloatVector mean = load(n, at + PackedBatchNorm.MEAN);
      FloatVector sum = load(sums.array(), sumsOffset + c);
      FloatVector product = load(sums.array(), sumsOffset + sumsRow + c);
      for (int p = 0; p < pixels; p++) {
        FloatVector value = load(z.array(), zOffset + p * zPixel + c);
        FloatVector y = value.fma(scale, shift);
        VectorMask<Float> passes =
            y.compare(VectorOperators.GT, 0).and(y.compare(VectorOperators.LT, high));
        FloatVector g = zero.blend(load(dy.array(), dyOffset + p * dyPixel + c), passes);
        sum = sum.add(g);
        product = g.fma(value.sub(mean), product);
      }
      sum.intoArray(sums.array(), sumsOffset + c);
      product.intoArray(sums.array(), sumsOffset + sumsRow + c);
    }
  }

  @Override
  public void normGradient(
      Floats dy,
      int dyOffset,
      int dyPixel,
      Floats z,
      int zOffset,
      int zPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float high,
      Floats dz,
      int dzOffset,
      int dzPixel,
      int groups,
      int pixels) {
    FloatVector zero = FloatVector.zero(SPECIES);
    float[] n = norm.values().array();
    for (int c = 0; c < groups * Channels.GROUP; c += LANES) {
      int at = PackedBatchNorm.at(firstGroup, c);
      FloatVector scale = load(n, at + PackedBatchNorm.SCALE);
      FloatVector shift = load(n, at + PackedBatchNorm.SHIFT);
      FloatVector mean = load(n, at + PackedBatchNorm.MEAN);
      FloatVector slope = load(n, at + PackedBatchNorm.SLOPE);
      FloatVector constant = load(n, at + PackedBatchNorm.CONSTANT);
      for (int p = 0; p < pixels; p++) {
        FloatVector value = load(z.array(), zOffset + p * zPixel + c);
        FloatVector y = value.fma(scale, shift);
        VectorMask<Float> passes =
            y.compare(VectorOperators.GT, 0).and(y.compare(VectorOperators.LT, high));
        FloatVector g = zero.blend(load(dy.array(), dyOffset + p * dyPixel + c), passes);
        slope
            .fma(value.sub(mean), scale.fma(g, constant))
            .intoArray(dz.array(), dzOffset + p * dzPixel + c);
      }
    }
  }
}
