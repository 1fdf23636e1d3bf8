package io.github.mobilenet4j.kernels;

/**
 * The formulas of {@link TrainingKernels}, one loop for each index, on arrays: what all
 * implementations are compared with, bit for bit.
 */
final class TrainingSpecification {
  private TrainingSpecification() {}

  static void multiplyTransposed(
      float[] a,
      int aOffset,
      int aPixel,
      int rows,
      float[] b,
      int bOffset,
      int bPixel,
      int columns,
      float[] y,
      int yOffset,
      int yRow,
      int pixels) {
    for (int r = 0; r < rows; r++) {
      for (int k = 0; k < columns; k++) {
        float sum = y[yOffset + r * yRow + k];
        for (int p = 0; p < pixels; p++) {
          sum = Math.fma(a[aOffset + p * aPixel + r], b[bOffset + p * bPixel + k], sum);
        }
        y[yOffset + r * yRow + k] = sum;
      }
    }
  }

  static void depthwiseGradient(
      float[] x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      float[] dz,
      int dzOffset,
      int dzPixel,
      int dzRow,
      int rows,
      int columns,
      int channels,
      float[] dw,
      int dwOffset,
      int dwTap) {
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        for (int c = 0; c < channels; c++) {
          int to = dwOffset + (3 * i + j) * dwTap + c;
          for (int p = 0; p < rows; p++) {
            for (int q = 0; q < columns; q++) {
              float value = x[xOffset + (p * stride + i) * xRow + (q * stride + j) * xPixel + c];
              dw[to] = Math.fma(value, dz[dzOffset + p * dzRow + q * dzPixel + c], dw[to]);
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

  static void scaleShift(
      float[] x,
      int xOffset,
      int xPixel,
      Norm[] norm,
      float low,
      float high,
      float[] y,
      int yOffset,
      int yPixel,
      int pixels) {
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < norm.length; c++) {
        float value = norm[c].normalise(x[xOffset + p * xPixel + c]);
        y[yOffset + p * yPixel + c] = value < low ? low : value > high ? high : value;
      }
    }
  }

  static void moments(
      float[] x,
      int xOffset,
      int xPixel,
      float[] pivot,
      int pivotOffset,
      float[] sums,
      int sumsOffset,
      int sumsRow,
      int channels,
      int pixels) {
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < channels; c++) {
        float d = x[xOffset + p * xPixel + c] - pivot[pivotOffset + c];
        int square = sumsOffset + sumsRow + c;
        sums[sumsOffset + c] += d;
        sums[square] = Math.fma(d, d, sums[square]);
      }
    }
  }

  static void normGradientSums(
      float[] dy,
      int dyOffset,
      int dyPixel,
      float[] z,
      int zOffset,
      int zPixel,
      Norm[] norm,
      float high,
      float[] sums,
      int sumsOffset,
      int sumsRow,
      int pixels) {
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < norm.length; c++) {
        float value = z[zOffset + p * zPixel + c];
        float g = norm[c].gradient(dy[dyOffset + p * dyPixel + c], value, high);
        int product = sumsOffset + sumsRow + c;
        sums[sumsOffset + c] += g;
        sums[product] = Math.fma(g, value - norm[c].mean, sums[product]);
      }
    }
  }

  static void normGradient(
      float[] dy,
      int dyOffset,
      int dyPixel,
      float[] z,
      int zOffset,
      int zPixel,
      Norm[] norm,
      float high,
      float[] dz,
      int dzOffset,
      int dzPixel,
      int pixels) {
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < norm.length; c++) {
        float value = z[zOffset + p * zPixel + c];
        float g = norm[c].gradient(dy[dyOffset + p * dyPixel + c], value, high);
        dz[dzOffset + p * dzPixel + c] =
            Math.fma(
                norm[c].slope, value - norm[c].mean, Math.fma(norm[c].scale, g, norm[c].constant));
      }
    }
  }
}
