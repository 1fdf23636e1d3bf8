package io.github.mobilenet4j.kernels;

/**
 * Plain loops: what runs where neither machine code nor the Vector API can.
 *
 * <p>They are written so that C2 makes vector instructions of the innermost loops. It does so only
 * where it is sure that what is written does not overlap what is read, and of arrays it is sure
 * when the loop variable alone is their index. So runs of neighbouring values are copied to arrays
 * of their own, which costs little beside what is then done with them.
 */
final class PlainKernels implements Kernels {
  /** The most values of a run: columns of a matrix, or channels of a pixel. */
  static final int RUN = 256;

  /** Pixels that share the copies of a matrix's rows; their sums stay in the first-level cache. */
  static final int PIXELS = 16;

  /** Rows of a matrix that one pass over a sum multiplies. */
  private static final int ROWS = 4;

  static final int TAPS = 9;

  /** The arrays that the innermost loops work on. */
  static final class Runs {
    final float[][] sums = new float[PIXELS][RUN];
    final float[][] x = new float[TAPS][RUN];

    /** Rows of a matrix; or bias and taps of depthwise filters. */
    final float[][] w = new float[1 + TAPS][RUN];
  }

  private final TrainingKernels training = new PlainTrainingKernels();
  private final ThreadLocal<Runs> runs = ThreadLocal.withInitial(Runs::new);

  @Override
  public String name() {
    return "plain loops";
  }

  @Override
  public int vectorBits() {
    return 0;
  }

  @Override
  public int panelColumns(int columns) {
    return RUN;
  }

  @Override
  public Floats allocate(int length) {
    return Floats.onHeap(length);
  }

  @Override
  public Kernels in(Region region) {
    return this;
  }

  @Override
  public TrainingKernels training() {
    return training;
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
    Runs local = runs.get();
    int column = b.firstColumn(panel);
    int width = b.width(panel);
    int length = b.rows() / segments;
    for (int begin = 0; begin < pixels; begin += PIXELS) {
      int count = Math.min(PIXELS, pixels - begin);
      for (int m = 0; m < count; m++) {
        System.arraycopy(b.bias().array(), column, local.sums[m], 0, width);
      }
      for (int s = 0; s < segments; s++) {
        int from = aOffset + begin * aPixel + s * aSegment;
        int bFrom = b.valuesOffset(panel) + s * length * width;
        addProduct(
            a.array(),
            from,
            aPixel,
            1,
            count,
            length,
            b.values().array(),
            bFrom,
            width,
            width,
            local);
      }
      for (int m = 0; m < count; m++) {
        int pixel = begin + m;
        int to = yOffset + pixel / columns * yRow + pixel % columns * yPixel + column;
        clamp(local.sums[m], width, low, high, y.array(), to, local.w[0]);
      }
    }
  }

  /** {@code sums[m,k] += Σ_i a[m·aPixel + i·aStep] · b[i·bStep + k]}, in order of i. */
  static void addProduct(
      float[] a,
      int aFrom,
      int aPixel,
      int aStep,
      int pixels,
      int length,
      float[] b,
      int bFrom,
      int bStep,
      int width,
      Runs local) {
    int i = 0;
    for (; i <= length - ROWS; i += ROWS) {
      for (int r = 0; r < ROWS; r++) {
        System.arraycopy(b, bFrom + (i + r) * bStep, local.w[r], 0, width);
      }
      for (int m = 0; m < pixels; m += 2) {
        // After the last of an odd number it follows again: added twice, stored twice, the same.
        int n = Math.min(m + 1, pixels - 1);
        int from = aFrom + i * aStep;
        addRows(
            a,
            from + m * aPixel,
            from + n * aPixel,
            aStep,
            local.w,
            width,
            local.sums[m],
            local.sums[n]);
      }
    }
    for (; i < length; i++) {
      System.arraycopy(b, bFrom + i * bStep, local.w[0], 0, width);
      for (int m = 0; m < pixels; m++) {
        addRow(a[aFrom + m * aPixel + i * aStep], local.w[0], width, local.sums[m]);
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
  static void clamp(
      float[] sums, int count, float low, float high, float[] y, int to, float[] scratch) {
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
      float low,
      float high) {
    int most = RUN / Channels.GROUP;
    for (int done = 0; done < groups; done += most) {
      int group = firstGroup + done;
      depthwiseRun(
          x.array(),
          xOffset + group * Channels.GROUP,
          xPixel,
          xRow,
          stride,
          w.values().array(),
          group * PackedDepthwise.GROUP_SIZE,
          Math.min(most, groups - done) * Channels.GROUP,
          y.array(),
          yOffset + group * Channels.GROUP,
          yPixel,
          columns,
          low,
          high);
    }
  }

  private void depthwiseRun(
      float[] x,
      int xFrom,
      int xPixel,
      int xRow,
      int stride,
      float[] w,
      int wFrom,
      int channels,
      float[] y,
      int yFrom,
      int yPixel,
      int columns,
      float low,
      float high) {
    Runs local = runs.get();
    float[] sum = local.sums[0];
    for (int c = 0; c < channels; c += Channels.GROUP) {
      int from = wFrom + c / Channels.GROUP * PackedDepthwise.GROUP_SIZE;
      for (int i = 0; i <= TAPS; i++) {
        System.arraycopy(w, from + i * Channels.GROUP, local.w[i], c, Channels.GROUP);
      }
    }
    for (int q = 0; q < columns; q++) {
      System.arraycopy(local.w[0], 0, sum, 0, channels);
      int first = q * stride;
      for (int i = 0; i < 3; i++) {
        // Input columns take turns in three places, so that each is copied once.
        for (int column = q == 0 ? 0 : first + 3 - stride; column < first + 3; column++) {
          int from = xFrom + i * xRow + column * xPixel;
          System.arraycopy(x, from, local.x[3 * i + column % 3], 0, channels);
        }
        addTaps(
            local.x[3 * i + first % 3],
            local.x[3 * i + (first + 1) % 3],
            local.x[3 * i + (first + 2) % 3],
            local.w[1 + 3 * i],
            local.w[2 + 3 * i],
            local.w[3 + 3 * i],
            channels,
            sum);
      }
      clamp(sum, channels, low, high, y, yFrom + q * yPixel, local.sums[1]);
    }
  }

  private static void addTaps(
      float[] x0,
      float[] x1,
      float[] x2,
      float[] w0,
      float[] w1,
      float[] w2,
      int channels,
      float[] sum) {
    for (int c = 0; c < channels; c++) {
      sum[c] = Math.fma(x2[c], w2[c], Math.fma(x1[c], w1[c], Math.fma(x0[c], w0[c], sum[c])));
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

  /** Runs fused multiply-adds on one core and returns how many floating point operations. */
  static long runPeak(int turns) {
    float[] sums = new float[RUN];
    for (int turn = 0; turn < turns; turn++) {
      for (int i = 0; i < RUN; i++) {
        float a = Math.fma(1e-3f, 1e-3f, sums[i]);
        float b = Math.fma(a, 1e-3f, a);
        float c = Math.fma(b, -1e-3f, b);
        float d = Math.fma(c, 1e-3f, c);
        float e = Math.fma(d, -1e-3f, d);
        float f = Math.fma(e, 1e-3f, e);
        float g = Math.fma(f, -1e-3f, f);
        sums[i] = Math.fma(g, -1e-3f, g);
      }
    }
    // Without a use of the sums C2 would leave out the loop.
    return Float.isNaN(sums[0]) ? 0 : (long) turns * RUN * 8 * 2;
  }
}
