package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.TrainingKernels.Channelwise;
import io.github.mobilenet4j.kernels.TrainingKernels.DepthwiseGradient;
import io.github.mobilenet4j.kernels.TrainingKernels.Transposed;

/**
 * The formulas of {@link TrainingKernels}, one loop for each index, on arrays: what all
 * implementations are compared with, bit for bit.
 */
final class TrainingSpecification {
  private TrainingSpecification() {}

  static void multiplyTransposed(
      Transposed product,
      int pixels,
      float[] a,
      int aOffset,
      float[] b,
      int bOffset,
      float[] y,
      int yOffset) {
    for (int r = 0; r < product.rows(); r++) {
      for (int k = 0; k < product.groups() * Channels.GROUP; k++) {
        float sum = y[yOffset + r * product.yRow() + k];
        for (int p = 0; p < pixels; p++) {
          sum =
              Math.fma(
                  a[aOffset + p * product.aPixel() + r],
                  b[bOffset + p * product.bPixel() + k],
                  sum);
        }
        y[yOffset + r * product.yRow() + k] = sum;
      }
    }
  }

  static void depthwiseGradient(
      DepthwiseGradient gradient,
      int rows,
      float[] x,
      int xOffset,
      float[] dz,
      int dzOffset,
      float[] dw,
      int dwOffset) {
    Layout in = gradient.in();
    Layout out = gradient.out();
    int stride = gradient.stride();
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        for (int c = 0; c < gradient.groups() * Channels.GROUP; c++) {
          int to = dwOffset + (3 * i + j) * gradient.tap() + c;
          for (int p = 0; p < rows; p++) {
            for (int q = 0; q < out.columns(); q++) {
              int row = (p * stride + i) * in.row();
              float value = x[xOffset + row + (q * stride + j) * in.pixel() + c];
              float dy = dz[dzOffset + p * out.row() + q * out.pixel() + c];
              dw[to] = Math.fma(value, dy, dw[to]);
            }
          }
        }
      }
    }
  }

  /** Batch normalisation of one channel. */
  record Norm(float scale, float shift, float mean, float slope, float constant) {
    private float normalise(float z) {
      return Math.fma(z, scale, shift);
    }

    private float gradient(float dy, float z, float high) {
      float y = normalise(z);
      return 0 < y && y < high ? dy : 0;
    }
  }

  /** Returns the nearest number of which the lower half of the bits is zeros, or the even one. */
  static float rounded(float x) {
    if (Float.isNaN(x) || Float.isInfinite(x)) {
      return x;
    }
    int bits = Float.floatToRawIntBits(x) & 0xffff_0000;
    float near = Float.intBitsToFloat(bits);
    float far = Float.intBitsToFloat(bits + 0x1_0000);
    double end = Float.isInfinite(far) ? 0x1p128 : Math.abs((double) far);
    double rest = Math.abs((double) x) - Math.abs((double) near);
    double missing = end - Math.abs((double) x);
    boolean odd = (bits >>> 16 & 1) == 1;
    return rest > missing || rest == missing && odd ? far : near;
  }

  static void scaleShift(
      Channelwise channels,
      Norm[] norm,
      int pixels,
      float[] x,
      int xOffset,
      float[] y,
      int yOffset) {
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < norm.length; c++) {
        float value = norm[c].normalise(x[xOffset + p * channels.aPixel() + c]);
        y[yOffset + p * channels.outPixel() + c] = Specification.clamp(value, channels.clamp());
      }
    }
  }

  static void moments(
      Channelwise channels,
      int pixels,
      float[] x,
      int xOffset,
      float[] pivot,
      int pivotOffset,
      float[] sums,
      int sumsOffset) {
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < channels.groups() * Channels.GROUP; c++) {
        float d = x[xOffset + p * channels.aPixel() + c] - pivot[pivotOffset + c];
        int square = sumsOffset + channels.outPixel() + c;
        sums[sumsOffset + c] += d;
        sums[square] = Math.fma(d, d, sums[square]);
      }
    }
  }

  static void normGradientSums(
      Channelwise channels,
      Norm[] norm,
      int pixels,
      float[] dy,
      int dyOffset,
      float[] z,
      int zOffset,
      float[] sums,
      int sumsOffset) {
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < norm.length; c++) {
        float value = z[zOffset + p * channels.bPixel() + c];
        float g =
            norm[c].gradient(
                dy[dyOffset + p * channels.aPixel() + c], value, channels.clamp().high());
        int product = sumsOffset + channels.outPixel() + c;
        sums[sumsOffset + c] += g;
        sums[product] = Math.fma(g, value - norm[c].mean, sums[product]);
      }
    }
  }

  static void normGradient(
      Channelwise channels,
      Norm[] norm,
      int pixels,
      float[] dy,
      int dyOffset,
      float[] z,
      int zOffset,
      float[] dz,
      int dzOffset) {
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < norm.length; c++) {
        float value = z[zOffset + p * channels.bPixel() + c];
        float g =
            norm[c].gradient(
                dy[dyOffset + p * channels.aPixel() + c], value, channels.clamp().high());
        dz[dzOffset + p * channels.outPixel() + c] =
            Math.fma(
                norm[c].slope, value - norm[c].mean, Math.fma(norm[c].scale, g, norm[c].constant));
      }
    }
  }
}
