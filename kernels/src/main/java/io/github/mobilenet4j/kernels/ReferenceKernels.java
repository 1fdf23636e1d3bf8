package io.github.mobilenet4j.kernels;

/**
 * Plain loops: the specification that anyone can read, and what runs where neither machine code nor
 * the Vector API can. The innermost loops run over channels and have no other work in them, which
 * is what C2 turns into vector instructions by itself.
 */
final class ReferenceKernels implements Kernels {
  /** Rows of the matrix that one pass over the outputs multiplies. */
  private static final int UNROLL = 4;

  @Override
  public String name() {
    return "plain loops";
  }

  @Override
  public int vectorBits() {
    return 0;
  }

  @Override
  public int panelColumns() {
    return 256;
  }

  @Override
  public Floats allocate(int length) {
    return Floats.onHeap(length);
  }

  @Override
  public void multiply(
      Floats a,
      int aOffset,
      int aPixel,
      int segments,
      int aSegment,
      PackedMatrix b,
      int panel,
      Floats y,
      int yOffset,
      int yPixel,
      int yRow,
      int columns,
      int pixels,
      float low,
      float high) {
    int width = b.width(panel);
    int length = b.rows() / segments;
    for (int m = 0; m < pixels; m++) {
      int out = yOffset + m / columns * yRow + m % columns * yPixel + b.firstColumn(panel);
      System.arraycopy(b.bias().array(), b.firstColumn(panel), y.array(), out, width);
      for (int s = 0; s < segments; s++) {
        addProduct(
            a.array(),
            aOffset + m * aPixel + s * aSegment,
            length,
            b.values().array(),
            b.valuesOffset(panel) + s * length * width,
            width,
            y.array(),
            out);
      }
      clamp(y.array(), out, width, low, high);
    }
  }

  /** {@code y[k] += Σ_i a[i] · b[i,k]}, in order of i. */
  private static void addProduct(
      float[] a, int aFrom, int length, float[] b, int bFrom, int width, float[] y, int yFrom) {
    int i = 0;
    for (; i <= length - UNROLL; i += UNROLL) {
      float a0 = a[aFrom + i];
      float a1 = a[aFrom + i + 1];
      float a2 = a[aFrom + i + 2];
      float a3 = a[aFrom + i + 3];
      int b0 = bFrom + i * width;
      int b1 = b0 + width;
      int b2 = b1 + width;
      int b3 = b2 + width;
      for (int k = 0; k < width; k++) {
        float sum = Math.fma(a0, b[b0 + k], y[yFrom + k]);
        sum = Math.fma(a1, b[b1 + k], sum);
        sum = Math.fma(a2, b[b2 + k], sum);
        y[yFrom + k] = Math.fma(a3, b[b3 + k], sum);
      }
    }
    for (; i < length; i++) {
      multiplyAdd(a[aFrom + i], b, bFrom + i * width, width, y, yFrom);
    }
  }

  private static void multiplyAdd(float a, float[] b, int bFrom, int width, float[] y, int yFrom) {
    for (int k = 0; k < width; k++) {
      y[yFrom + k] = Math.fma(a, b[bFrom + k], y[yFrom + k]);
    }
  }

  private static void clamp(float[] y, int from, int count, float low, float high) {
    for (int k = from; k < from + count; k++) {
      float v = y[k];
      v = v < low ? low : v;
      y[k] = v > high ? high : v;
    }
  }

  @Override
  public void depthwise(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      PackedDepthwise w,
      int firstGroup,
      int groups,
      Floats y,
      int yOffset,
      int yPixel,
      int columns,
      float high) {
    for (int q = 0; q < columns; q++) {
      for (int g = firstGroup; g < firstGroup + groups; g++) {
        depthwiseGroup(
            x.array(),
            xOffset + q * stride * xPixel + g * Channels.GROUP,
            xPixel,
            xRow,
            w.values().array(),
            g * PackedDepthwise.GROUP_SIZE,
            y.array(),
            yOffset + q * yPixel + g * Channels.GROUP,
            high);
      }
    }
  }

  private static void depthwiseGroup(
      float[] x,
      int xFrom,
      int xPixel,
      int xRow,
      float[] w,
      int wFrom,
      float[] y,
      int to,
      float high) {
    for (int c = 0; c < Channels.GROUP; c++) {
      float sum = w[wFrom + c];
      for (int tap = 0; tap < 9; tap++) {
        float tapValue = x[xFrom + tap / 3 * xRow + tap % 3 * xPixel + c];
        sum = Math.fma(tapValue, w[wFrom + (1 + tap) * Channels.GROUP + c], sum);
      }
      sum = sum < 0 ? 0 : sum;
      y[to + c] = sum > high ? high : sum;
    }
  }

  @Override
  public void averagePool(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int rows,
      int columns,
      int groups,
      Floats y,
      int yOffset) {
    float[] in = x.array();
    float[] out = y.array();
    int count = groups * Channels.GROUP;
    for (int c = 0; c < count; c++) {
      out[yOffset + c] = 0;
    }
    for (int h = 0; h < rows; h++) {
      for (int column = 0; column < columns; column++) {
        int from = xOffset + h * xRow + column * xPixel;
        for (int c = 0; c < count; c++) {
          out[yOffset + c] += in[from + c];
        }
      }
    }
    float area = rows * columns;
    for (int c = 0; c < count; c++) {
      out[yOffset + c] /= area;
    }
  }
}
