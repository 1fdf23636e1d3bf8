package io.github.mobilenet4j;

/** The code of docs/one-block.md, in its order. To read, not to use: kernels is far faster. */
final class OneBlock {
  private OneBlock() {}

  /**
   * Returns {@code y[p,q,c] = Σ x[p·stride + i − 1, q·stride + j − 1, c] · w[i,j,c]}.
   *
   * @param x {@code [h,w,c]}
   * @param kernel {@code [3,3,c]}
   */
  static float[] depthwise(float[] x, int h, int w, int c, int stride, float[] kernel) {
    int rows = (h + stride - 1) / stride;
    int columns = (w + stride - 1) / stride;
    float[] y = new float[rows * columns * c];
    for (int p = 0; p < rows; p++) {
      depthwiseRow(p, x, h, w, c, stride, kernel, y, p * columns * c);
    }
    return y;
  }

  /** Computes output row p into y, starting at index {@code to}. */
  static void depthwiseRow(
      int p, float[] x, int h, int w, int c, int stride, float[] kernel, float[] y, int to) {
    int columns = (w + stride - 1) / stride;
    for (int q = 0; q < columns; q++) {
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
          int row = p * stride + i - 1;
          int column = q * stride + j - 1;
          if (row < 0 || row >= h || column < 0 || column >= w) {
            continue; // outside the image everything is zero
          }
          for (int k = 0; k < c; k++) {
            y[to + q * c + k] += x[(row * w + column) * c + k] * kernel[(i * 3 + j) * c + k];
          }
        }
      }
    }
  }

  /**
   * Returns {@code y[m,k] = Σ x[m,c] · w[c,k]}.
   *
   * @param x {@code [pixels,c]}
   * @param kernel {@code [c,k]}
   */
  static float[] pointwise(float[] x, int pixels, int c, int k, float[] kernel) {
    float[] y = new float[pixels * k];
    for (int m = 0; m < pixels; m++) {
      for (int i = 0; i < c; i++) {
        for (int o = 0; o < k; o++) {
          y[m * k + o] += x[m * c + i] * kernel[i * k + o];
        }
      }
    }
    return y;
  }

  /** What training learned about one convolution's output; every array has a value a channel. */
  record BatchNorm(float[] gamma, float[] beta, float[] mean, float[] variance, double epsilon) {
    /** Returns what channel k is multiplied by. */
    float scale(int k) {
      return (float) (gamma[k] / Math.sqrt(variance[k] + epsilon));
    }

    /** Returns what is then added to channel k. */
    float shift(int k) {
      return beta[k] - mean[k] * scale(k);
    }

    /** Changes y, {@code [pixels,channels]}. */
    void apply(float[] y) {
      for (int i = 0; i < y.length; i++) {
        int k = i % gamma.length;
        y[i] = y[i] * scale(k) + shift(k);
      }
    }

    /** Returns a kernel, output channels last, which does the multiplication by itself. */
    float[] fold(float[] kernel) {
      float[] folded = new float[kernel.length];
      for (int i = 0; i < kernel.length; i++) {
        folded[i] = kernel[i] * scale(i % gamma.length);
      }
      return folded;
    }

    /** Adds what {@link #fold} leaves out, and clamps. */
    void finish(float[] y) {
      for (int i = 0; i < y.length; i++) {
        y[i] = Math.clamp(y[i] + shift(i % gamma.length), 0f, 6f);
      }
    }
  }

  /** Changes y. */
  static void relu6(float[] y) {
    for (int i = 0; i < y.length; i++) {
      y[i] = Math.clamp(y[i], 0f, 6f);
    }
  }

  /** The block as the paper draws it: six passes over memory. */
  static float[] asDrawn(
      float[] x,
      int h,
      int w,
      int c,
      int stride,
      int k,
      float[] depthwise,
      BatchNorm first,
      float[] pointwise,
      BatchNorm second) {
    float[] middle = depthwise(x, h, w, c, stride, depthwise);
    first.apply(middle);
    relu6(middle);
    float[] y = pointwise(middle, middle.length / c, c, k, pointwise);
    second.apply(y);
    relu6(y);
    return y;
  }

  /** The block as it runs: BatchNorm folded, and only one row of the middle exists at a time. */
  static float[] asRun(
      float[] x,
      int h,
      int w,
      int c,
      int stride,
      int k,
      float[] depthwise,
      BatchNorm first,
      float[] pointwise,
      BatchNorm second) {
    float[] foldedDepthwise = first.fold(depthwise);
    float[] foldedPointwise = second.fold(pointwise);
    int rows = (h + stride - 1) / stride;
    int columns = (w + stride - 1) / stride;
    float[] y = new float[rows * columns * k];
    for (int p = 0; p < rows; p++) {
      float[] strip = new float[columns * c];
      depthwiseRow(p, x, h, w, c, stride, foldedDepthwise, strip, 0);
      first.finish(strip);
      float[] out = pointwise(strip, columns, c, k, foldedPointwise);
      second.finish(out);
      System.arraycopy(out, 0, y, p * columns * k, out.length);
    }
    return y;
  }
}
