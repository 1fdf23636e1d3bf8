package io.github.mobilenet4j.kernels;

/**
 * Plain loops: what runs where neither machine code nor the Vector API can. Runs of neighbouring
 * values are copied to arrays of their own ({@link Runs}), which costs little beside what is then
 * done with them.
 */
final class PlainKernels implements Kernels {
  private final TrainingKernels training = new PlainTrainingKernels();
  private final QuantizedKernels quantized = new PlainQuantizedKernels();
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
    return Runs.RUN;
  }

  @Override
  public Buffer allocate(int length) {
    return Buffer.onHeap(length);
  }

  @Override
  public Kernels in(Region region) {
    return this;
  }

  @Override
  public QuantizedKernels quantized() {
    return quantized;
  }

  @Override
  public TrainingKernels training() {
    return training;
  }

  @Override
  public void multiply(
      Product product, int panel, int pixels, Buffer a, int aOffset, Buffer y, int yOffset) {
    Runs local = runs.get();
    PackedMatrix b = product.matrix();
    Layout in = product.in();
    int column = b.firstColumn(panel);
    int width = b.width(panel);
    int length = product.length();
    for (int begin = 0; begin < pixels; begin += Runs.PIXELS) {
      int count = Math.min(Runs.PIXELS, pixels - begin);
      local.use(count, width);
      for (int m = 0; m < count; m++) {
        System.arraycopy(b.bias().array(), column, local.sums[m], 0, width);
      }
      for (int s = 0; s < product.segments(); s++) {
        int from = aOffset + begin * in.pixel() + s * in.row();
        int bFrom = b.valuesOffset(panel) + s * length * width;
        local.addProduct(a.array(), from, in.pixel(), 1, length, b.values().array(), bFrom, width);
      }
      for (int m = 0; m < count; m++) {
        int to = yOffset + product.out().at(begin + m) + column;
        Runs.clamp(local.sums[m], width, product.clamp(), y.array(), to, local.w[0]);
      }
    }
  }

  @Override
  public void depthwise(
      Depthwise depthwise,
      int firstGroup,
      int groups,
      Buffer x,
      int xOffset,
      Buffer y,
      int yOffset) {
    int most = Runs.RUN / Channels.GROUP;
    for (int done = 0; done < groups; done += most) {
      int group = firstGroup + done;
      int channel = group * Channels.GROUP;
      int channels = Math.min(most, groups - done) * Channels.GROUP;
      depthwiseRun(
          depthwise, group, channels, x.array(), xOffset + channel, y.array(), yOffset + channel);
    }
  }

  private void depthwiseRun(
      Depthwise depthwise, int group, int channels, float[] x, int xFrom, float[] y, int yFrom) {
    Runs local = runs.get();
    float[] sum = local.sums[0];
    float[] w = depthwise.filters().values().array();
    for (int c = 0; c < channels; c += Channels.GROUP) {
      int from = (group + c / Channels.GROUP) * PackedDepthwise.GROUP_SIZE;
      for (int i = 0; i <= Runs.TAPS; i++) {
        System.arraycopy(w, from + i * Channels.GROUP, local.w[i], c, Channels.GROUP);
      }
    }
    Layout in = depthwise.in();
    Layout out = depthwise.out();
    int stride = depthwise.stride();
    for (int q = 0; q < out.columns(); q++) {
      System.arraycopy(local.w[0], 0, sum, 0, channels);
      int first = q * stride;
      for (int i = 0; i < 3; i++) {
        // Input columns take turns in three places, so that each is copied once.
        for (int column = q == 0 ? 0 : first + 3 - stride; column < first + 3; column++) {
          int from = xFrom + i * in.row() + column * in.pixel();
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
      Runs.clamp(sum, channels, depthwise.clamp(), y, yFrom + q * out.pixel(), local.sums[1]);
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
      Layout in, int rows, int groups, Buffer x, int xOffset, Buffer y, int yOffset) {
    float[] values = x.array();
    float[] out = y.array();
    int count = groups * Channels.GROUP;
    for (int c = 0; c < count; c++) {
      out[yOffset + c] = 0;
    }
    for (int h = 0; h < rows; h++) {
      for (int column = 0; column < in.columns(); column++) {
        int from = xOffset + h * in.row() + column * in.pixel();
        for (int c = 0; c < count; c++) {
          out[yOffset + c] += values[from + c];
        }
      }
    }
    float area = rows * in.columns();
    for (int c = 0; c < count; c++) {
      out[yOffset + c] /= area;
    }
  }

  /** Runs fused multiply-adds on one core and returns how many floating point operations. */
  static long runPeak(int turns) {
    float[] sums = new float[Runs.RUN];
    for (int turn = 0; turn < turns; turn++) {
      for (int i = 0; i < Runs.RUN; i++) {
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
    return Float.isNaN(sums[0]) ? 0 : (long) turns * Runs.RUN * 8 * 2;
  }
}
