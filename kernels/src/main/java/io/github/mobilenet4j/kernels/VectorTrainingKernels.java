package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.Vectors.LANES;
import static io.github.mobilenet4j.kernels.Vectors.SPECIES;
import static io.github.mobilenet4j.kernels.Vectors.clamp;
import static io.github.mobilenet4j.kernels.Vectors.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The Vector API, with vectors of the same width as {@link VectorKernels}. */
final class VectorTrainingKernels implements TrainingKernels {
  /** Rows of a product tile. */
  private static final int ROWS = 6;

  @Override
  public void multiplyTransposed(
      Transposed product,
      int pixels,
      Buffer a,
      int aOffset,
      Buffer b,
      int bOffset,
      Buffer y,
      int yOffset) {
    float[] values = a.array();
    float[] gradient = b.array();
    float[] out = y.array();
    int columns = product.groups() * Channels.GROUP;
    for (int k = 0; k < columns; k += 2 * LANES) {
      // What goes past the end repeats the last one: computed twice, stored twice, the same.
      int other = Math.min(k + LANES, columns - LANES) - k;
      for (int r = 0; r < product.rows(); r += ROWS) {
        // Six rows by two vectors.
        int last = product.rows() - r - 1;
        int r1 = Math.min(1, last);
        int r2 = Math.min(2, last);
        int r3 = Math.min(3, last);
        int r4 = Math.min(4, last);
        int r5 = Math.min(5, last);
        int y0 = yOffset + r * product.yRow() + k;
        int y1 = y0 + r1 * product.yRow();
        int y2 = y0 + r2 * product.yRow();
        int y3 = y0 + r3 * product.yRow();
        int y4 = y0 + r4 * product.yRow();
        int y5 = y0 + r5 * product.yRow();
        FloatVector s00 = load(out, y0);
        FloatVector s01 = load(out, y0 + other);
        FloatVector s10 = load(out, y1);
        FloatVector s11 = load(out, y1 + other);
        FloatVector s20 = load(out, y2);
        FloatVector s21 = load(out, y2 + other);
        FloatVector s30 = load(out, y3);
        FloatVector s31 = load(out, y3 + other);
        FloatVector s40 = load(out, y4);
        FloatVector s41 = load(out, y4 + other);
        FloatVector s50 = load(out, y5);
        FloatVector s51 = load(out, y5 + other);
        for (int p = 0; p < pixels; p++) {
          int from = aOffset + r + p * product.aPixel();
          int at = bOffset + k + p * product.bPixel();
          FloatVector b0 = load(gradient, at);
          FloatVector b1 = load(gradient, at + other);
          FloatVector v = FloatVector.broadcast(SPECIES, values[from]);
          s00 = v.fma(b0, s00);
          s01 = v.fma(b1, s01);
          v = FloatVector.broadcast(SPECIES, values[from + r1]);
          s10 = v.fma(b0, s10);
          s11 = v.fma(b1, s11);
          v = FloatVector.broadcast(SPECIES, values[from + r2]);
          s20 = v.fma(b0, s20);
          s21 = v.fma(b1, s21);
          v = FloatVector.broadcast(SPECIES, values[from + r3]);
          s30 = v.fma(b0, s30);
          s31 = v.fma(b1, s31);
          v = FloatVector.broadcast(SPECIES, values[from + r4]);
          s40 = v.fma(b0, s40);
          s41 = v.fma(b1, s41);
          v = FloatVector.broadcast(SPECIES, values[from + r5]);
          s50 = v.fma(b0, s50);
          s51 = v.fma(b1, s51);
        }
        s00.intoArray(out, y0);
        s01.intoArray(out, y0 + other);
        s10.intoArray(out, y1);
        s11.intoArray(out, y1 + other);
        s20.intoArray(out, y2);
        s21.intoArray(out, y2 + other);
        s30.intoArray(out, y3);
        s31.intoArray(out, y3 + other);
        s40.intoArray(out, y4);
        s41.intoArray(out, y4 + other);
        s50.intoArray(out, y5);
        s51.intoArray(out, y5 + other);
      }
    }
  }

  @Override
  public void depthwiseGradient(
      DepthwiseGradient gradient,
      int rows,
      Buffer x,
      int xOffset,
      Buffer dz,
      int dzOffset,
      Buffer dw,
      int dwOffset) {
    for (int c = 0; c < gradient.groups() * Channels.GROUP; c += LANES) {
      addTaps(
          gradient,
          rows,
          x.array(),
          xOffset + c,
          dz.array(),
          dzOffset + c,
          dw.array(),
          dwOffset + c);
    }
  }

  /** The gradient of a vector of filters. */
  private static void addTaps(
      DepthwiseGradient gradient,
      int rows,
      float[] x,
      int xAt,
      float[] dz,
      int dzAt,
      float[] dw,
      int dwAt) {
    int stride = gradient.stride();
    int xPixel = gradient.in().pixel();
    int xRow = gradient.in().row();
    int columns = gradient.out().columns();
    int dzPixel = gradient.out().pixel();
    int dzRow = gradient.out().row();
    int dwTap = gradient.tap();
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
      Channelwise channels, int pixels, Buffer x, int xOffset, Buffer y, int yOffset) {
    float low = channels.clamp().low();
    float high = channels.clamp().high();
    float[] n = channels.norm().values().array();
    for (int c = 0; c < channels.groups() * Channels.GROUP; c += LANES) {
      int at = PackedBatchNorm.at(channels.firstGroup(), c);
      FloatVector scale = load(n, at + PackedBatchNorm.SCALE);
      FloatVector shift = load(n, at + PackedBatchNorm.SHIFT);
      for (int p = 0; p < pixels; p++) {
        FloatVector value = load(x.array(), xOffset + p * channels.aPixel() + c).fma(scale, shift);
        clamp(value, low, high).intoArray(y.array(), yOffset + p * channels.outPixel() + c);
      }
    }
  }

  @Override
  public void round(int count, Buffer x, int xOffset, Buffer y, int yOffset) {
    for (int i = 0; i < count; i += LANES) {
      IntVector bits = load(x.array(), xOffset + i).reinterpretAsInts();
      bits.lanewise(VectorOperators.LSHR, Bfloat16.BITS)
          .and(1)
          .add(bits)
          .add(0x7fff)
          .and(0xffff_0000)
          .reinterpretAsFloats()
          .intoArray(y.array(), yOffset + i);
    }
  }

  @Override
  public void moments(
      Channelwise channels,
      int pixels,
      Buffer x,
      int xOffset,
      Buffer pivot,
      int pivotOffset,
      Buffer sums,
      int sumsOffset) {
    for (int c = 0; c < channels.groups() * Channels.GROUP; c += LANES) {
      FloatVector centre = load(pivot.array(), pivotOffset + c);
      FloatVector sum = load(sums.array(), sumsOffset + c);
      FloatVector square = load(sums.array(), sumsOffset + channels.outPixel() + c);
      for (int p = 0; p < pixels; p++) {
        FloatVector d = load(x.array(), xOffset + p * channels.aPixel() + c).sub(centre);
        sum = sum.add(d);
        square = d.fma(d, square);
      }
      sum.intoArray(sums.array(), sumsOffset + c);
      square.intoArray(sums.array(), sumsOffset + channels.outPixel() + c);
    }
  }

  @Override
  public void normGradientSums(
      Channelwise channels,
      int pixels,
      Buffer dy,
      int dyOffset,
      Buffer z,
      int zOffset,
      Buffer sums,
      int sumsOffset) {
    float high = channels.clamp().high();
    FloatVector zero = FloatVector.zero(SPECIES);
    float[] n = channels.norm().values().array();
    for (int c = 0; c < channels.groups() * Channels.GROUP; c += LANES) {
      int at = PackedBatchNorm.at(channels.firstGroup(), c);
      FloatVector scale = load(n, at + PackedBatchNorm.SCALE);
      FloatVector shift = load(n, at + PackedBatchNorm.SHIFT);
      FloatVector mean = load(n, at + PackedBatchNorm.MEAN);
      FloatVector sum = load(sums.array(), sumsOffset + c);
      FloatVector product = load(sums.array(), sumsOffset + channels.outPixel() + c);
      for (int p = 0; p < pixels; p++) {
        FloatVector value = load(z.array(), zOffset + p * channels.bPixel() + c);
        FloatVector y = value.fma(scale, shift);
        VectorMask<Float> passes =
            y.compare(VectorOperators.GT, 0).and(y.compare(VectorOperators.LT, high));
        FloatVector g = zero.blend(load(dy.array(), dyOffset + p * channels.aPixel() + c), passes);
        sum = sum.add(g);
        product = g.fma(value.sub(mean), product);
      }
      sum.intoArray(sums.array(), sumsOffset + c);
      product.intoArray(sums.array(), sumsOffset + channels.outPixel() + c);
    }
  }

  @Override
  public void normGradient(
      Channelwise channels,
      int pixels,
      Buffer dy,
      int dyOffset,
      Buffer z,
      int zOffset,
      Buffer dz,
      int dzOffset) {
    float high = channels.clamp().high();
    FloatVector zero = FloatVector.zero(SPECIES);
    float[] n = channels.norm().values().array();
    for (int c = 0; c < channels.groups() * Channels.GROUP; c += LANES) {
      int at = PackedBatchNorm.at(channels.firstGroup(), c);
      FloatVector scale = load(n, at + PackedBatchNorm.SCALE);
      FloatVector shift = load(n, at + PackedBatchNorm.SHIFT);
      FloatVector mean = load(n, at + PackedBatchNorm.MEAN);
      FloatVector slope = load(n, at + PackedBatchNorm.SLOPE);
      FloatVector constant = load(n, at + PackedBatchNorm.CONSTANT);
      for (int p = 0; p < pixels; p++) {
        FloatVector value = load(z.array(), zOffset + p * channels.bPixel() + c);
        FloatVector y = value.fma(scale, shift);
        VectorMask<Float> passes =
            y.compare(VectorOperators.GT, 0).and(y.compare(VectorOperators.LT, high));
        FloatVector g = zero.blend(load(dy.array(), dyOffset + p * channels.aPixel() + c), passes);
        slope
            .fma(value.sub(mean), scale.fma(g, constant))
            .intoArray(dz.array(), dzOffset + p * channels.outPixel() + c);
      }
    }
  }
}
