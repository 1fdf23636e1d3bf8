package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.Kernels.Depthwise;
import io.github.mobilenet4j.kernels.Kernels.Product;

/**
 * The formulas of {@link Kernels}, one loop for each index, on arrays: what all implementations are
 * compared with, bit for bit.
 */
final class Specification {
  private Specification() {}

  /** Weights as they are before they are packed, {@code [rows,K]} and {@code [K]}, K padded. */
  @SuppressWarnings("ArrayRecordComponent")
  record Weights(float[] values, float[] bias) {}

  /** {@code w[C,K]}; writes columns from first to end. */
  static void multiply(
      Product product,
      Weights w,
      int firstColumn,
      int endColumn,
      int pixels,
      float[] a,
      int aOffset,
      float[] y,
      int yOffset) {
    Layout in = product.in();
    Layout out = product.out();
    int allColumns = w.bias.length;
    int length = w.values.length / allColumns / product.segments();
    for (int m = 0; m < pixels; m++) {
      for (int k = firstColumn; k < endColumn; k++) {
        float sum = w.bias[k];
        for (int s = 0; s < product.segments(); s++) {
          for (int i = 0; i < length; i++) {
            float value = a[aOffset + m * in.pixel() + s * in.row() + i];
            sum = Math.fma(value, w.values[(s * length + i) * allColumns + k], sum);
          }
        }
        int to = (m / out.columns()) * out.row() + (m % out.columns()) * out.pixel() + k;
        y[yOffset + to] = clamp(sum, product.clamp());
      }
    }
  }

  /** {@code w[3,3,C]}; writes channels from first to end. */
  static void depthwise(
      Depthwise depthwise,
      Weights w,
      int firstChannel,
      int endChannel,
      float[] x,
      int xOffset,
      float[] y,
      int yOffset) {
    Layout in = depthwise.in();
    Layout out = depthwise.out();
    int channels = w.bias.length;
    for (int q = 0; q < out.columns(); q++) {
      for (int c = firstChannel; c < endChannel; c++) {
        float sum = w.bias[c];
        for (int i = 0; i < 3; i++) {
          for (int j = 0; j < 3; j++) {
            int column = q * depthwise.stride() + j;
            float value = x[xOffset + i * in.row() + column * in.pixel() + c];
            sum = Math.fma(value, w.values[(i * 3 + j) * channels + c], sum);
          }
        }
        y[yOffset + q * out.pixel() + c] = clamp(sum, depthwise.clamp());
      }
    }
  }

  static void averagePool(
      Layout in, int rows, int channels, float[] x, int xOffset, float[] y, int yOffset) {
    for (int c = 0; c < channels; c++) {
      float sum = 0;
      for (int h = 0; h < rows; h++) {
        for (int w = 0; w < in.columns(); w++) {
          sum += x[xOffset + h * in.row() + w * in.pixel() + c];
        }
      }
      y[yOffset + c] = sum / (rows * in.columns());
    }
  }

  static float clamp(float x, Clamp clamp) {
    return x < clamp.low() ? clamp.low() : x > clamp.high() ? clamp.high() : x;
  }
}
