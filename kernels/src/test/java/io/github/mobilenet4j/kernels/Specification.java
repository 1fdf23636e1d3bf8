package io.github.mobilenet4j.kernels;

/**
 * The formulas of {@link Kernels}, one loop for each index, on arrays: what all implementations are
 * compared with, bit for bit.
 */
final class Specification {
  private Specification() {}

  /** {@code b[C,K]} with padded columns, {@code bias[K]}; writes columns from first to end. */
  static void multiply(
      float[] a,
      int aOffset,
      int aPixel,
      int segments,
      int aSegment,
      float[] b,
      float[] bias,
      int firstColumn,
      int endColumn,
      float[] y,
      int yOffset,
      int yPixel,
      int yRow,
      int columns,
      int pixels,
      float low,
      float high) {
    int allColumns = bias.length;
    int length = b.length / allColumns / segments;
    for (int m = 0; m < pixels; m++) {
      for (int k = firstColumn; k < endColumn; k++) {
        float sum = bias[k];
        for (int s = 0; s < segments; s++) {
          for (int i = 0; i < length; i++) {
            float value = a[aOffset + m * aPixel + s * aSegment + i];
            sum = Math.fma(value, b[(s * length + i) * allColumns + k], sum);
          }
        }
        y[yOffset + (m / columns) * yRow + (m % columns) * yPixel + k] = clamp(sum, low, high);
      }
    }
  }

  /** {@code w[3,3,C]}, {@code bias[C]}, C padded; writes channels from first to end. */
  static void depthwise(
      float[] x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      float[] w,
      float[] bias,
      int firstChannel,
      int endChannel,
      float[] y,
      int yOffset,
      int yPixel,
      int columns,
      float low,
      float high) {
    int channels = bias.length;
    for (int q = 0; q < columns; q++) {
      for (int c = firstChannel; c < endChannel; c++) {
        float sum = bias[c];
        for (int i = 0; i < 3; i++) {
          for (int j = 0; j < 3; j++) {
            float value = x[xOffset + i * xRow + (q * stride + j) * xPixel + c];
            sum = Math.fma(value, w[(i * 3 + j) * channels + c], sum);
          }
        }
        y[yOffset + q * yPixel + c] = clamp(sum, low, high);
      }
    }
  }

  static void averagePool(
      float[] x,
      int xOffset,
      int xPixel,
      int xRow,
      int rows,
      int columns,
      int channels,
      float[] y,
      int yOffset) {
    for (int c = 0; c < channels; c++) {
      float sum = 0;
      for (int h = 0; h < rows; h++) {
        for (int w = 0; w < columns; w++) {
          sum += x[xOffset + h * xRow + w * xPixel + c];
        }
      }
      y[yOffset + c] = sum / (rows * columns);
    }
  }

  private static float clamp(float x, float low, float high) {
    return x < low ? low : x > high ? high : x;
  }
}
