package io.github.mobilenet4j.kernels;

/** Plain loops on {@link Runs}. */
final class PlainTrainingKernels implements TrainingKernels {
  // Which run holds which coefficients, in the order of PackedBatchNorm.
  private static final int SCALE = 0;
  private static final int SHIFT = 1;
  private static final int MEAN = 2;
  private static final int SLOPE = 3;
  private static final int CONSTANT = 4;

  private final ThreadLocal<Runs> runs = ThreadLocal.withInitial(Runs::new);

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
    Runs local = runs.get();
    int columns = product.groups() * Channels.GROUP;
    for (int k = 0; k < columns; k += Runs.RUN) {
      int width = Math.min(Runs.RUN, columns - k);
      for (int begin = 0; begin < product.rows(); begin += Runs.PIXELS) {
        int count = Math.min(Runs.PIXELS, product.rows() - begin);
        int to = yOffset + begin * product.yRow() + k;
        copy(y, to, product.yRow(), local.sums, count, width);
        local.use(count, width);
        local.addProduct(
            a.array(),
            aOffset + begin,
            1,
            product.aPixel(),
            pixels,
            b.array(),
            bOffset + k,
            product.bPixel());
        copy(local.sums, count, width, y, to, product.yRow());
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
    Runs local = runs.get();
    float[][] sums = local.sums;
    Layout in = gradient.in();
    Layout out = gradient.out();
    int stride = gradient.stride();
    int channels = gradient.groups() * Channels.GROUP;
    for (int c = 0; c < channels; c += Runs.RUN) {
      int count = Math.min(Runs.RUN, channels - c);
      copy(dw, dwOffset + c, gradient.tap(), sums, Runs.TAPS, count);
      for (int p = 0; p < rows; p++) {
        for (int q = 0; q < out.columns(); q++) {
          float[] g = local.w[0];
          System.arraycopy(dz.array(), dzOffset + p * out.row() + q * out.pixel() + c, g, 0, count);
          for (int i = 0; i < 3; i++) {
            int from = xOffset + (p * stride + i) * in.row() + q * stride * in.pixel() + c;
            copy(x, from, in.pixel(), local.x, 3, count);
            addTaps(local.x, g, count, sums[3 * i], sums[3 * i + 1], sums[3 * i + 2]);
          }
        }
      }
      copy(sums, Runs.TAPS, count, dw, dwOffset + c, gradient.tap());
    }
  }

  /** Adds the gradient of three neighbouring taps at one pixel. */
  private static void addTaps(
      float[][] x, float[] g, int count, float[] sum0, float[] sum1, float[] sum2) {
    float[] x0 = x[0];
    float[] x1 = x[1];
    float[] x2 = x[2];
    for (int c = 0; c < count; c++) {
      // All reads come before the first write, which might change what is read after it.
      float s0 = Math.fma(x0[c], g[c], sum0[c]);
      float s1 = Math.fma(x1[c], g[c], sum1[c]);
      float s2 = Math.fma(x2[c], g[c], sum2[c]);
      sum0[c] = s0;
      sum1[c] = s1;
      sum2[c] = s2;
    }
  }

  @Override
  public void round(int count, Buffer x, int xOffset, Buffer y, int yOffset) {
    float[] from = x.array();
    float[] to = y.array();
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToRawIntBits(from[xOffset + i]);
      to[yOffset + i] = Float.intBitsToFloat(Bfloat16.roundedBits(bits));
    }
  }

  @Override
  public void scaleShift(
      Channelwise channels, int pixels, Buffer x, int xOffset, Buffer y, int yOffset) {
    Runs local = runs.get();
    int end = channels.groups() * Channels.GROUP;
    for (int c = 0; c < end; c += Runs.RUN) {
      int count = Math.min(Runs.RUN, end - c);
      coefficients(channels, c, count, local.w);
      for (int p = 0; p < pixels; p++) {
        System.arraycopy(x.array(), xOffset + p * channels.aPixel() + c, local.x[0], 0, count);
        normalise(local.x[0], local.w, count, local.sums[0]);
        Runs.clamp(
            local.sums[0],
            count,
            channels.clamp(),
            y.array(),
            yOffset + p * channels.outPixel() + c,
            local.sums[1]);
      }
    }
  }

  private static void normalise(float[] x, float[][] w, int count, float[] y) {
    float[] scale = w[SCALE];
    float[] shift = w[SHIFT];
    for (int c = 0; c < count; c++) {
      y[c] = Math.fma(x[c], scale[c], shift[c]);
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
    Runs local = runs.get();
    int end = channels.groups() * Channels.GROUP;
    for (int c = 0; c < end; c += Runs.RUN) {
      int count = Math.min(Runs.RUN, end - c);
      System.arraycopy(pivot.array(), pivotOffset + c, local.w[0], 0, count);
      copy(sums, sumsOffset + c, channels.outPixel(), local.sums, 2, count);
      for (int p = 0; p < pixels; p++) {
        System.arraycopy(x.array(), xOffset + p * channels.aPixel() + c, local.x[0], 0, count);
        addMoments(local.x[0], local.w[0], count, local.sums[0], local.sums[1]);
      }
      copy(local.sums, 2, count, sums, sumsOffset + c, channels.outPixel());
    }
  }

  private static void addMoments(float[] x, float[] pivot, int count, float[] sum, float[] square) {
    for (int c = 0; c < count; c++) {
      float d = x[c] - pivot[c];
      float s = sum[c] + d;
      square[c] = Math.fma(d, d, square[c]);
      sum[c] = s;
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
    Runs local = runs.get();
    int end = channels.groups() * Channels.GROUP;
    for (int c = 0; c < end; c += Runs.RUN) {
      int count = Math.min(Runs.RUN, end - c);
      coefficients(channels, c, count, local.w);
      copy(sums, sumsOffset + c, channels.outPixel(), local.sums, 2, count);
      for (int p = 0; p < pixels; p++) {
        System.arraycopy(dy.array(), dyOffset + p * channels.aPixel() + c, local.x[0], 0, count);
        System.arraycopy(z.array(), zOffset + p * channels.bPixel() + c, local.x[1], 0, count);
        activationGradient(local.x[0], local.x[1], local.w, channels.clamp().high(), count);
        addProducts(local.x[0], local.x[1], local.w[MEAN], count, local.sums[0], local.sums[1]);
      }
      copy(local.sums, 2, count, sums, sumsOffset + c, channels.outPixel());
    }
  }

  /** Sets {@code dy} to zero where the activation does not let a gradient pass. */
  private static void activationGradient(
      float[] dy, float[] z, float[][] w, float high, int count) {
    float[] scale = w[SCALE];
    float[] shift = w[SHIFT];
    for (int c = 0; c < count; c++) {
      float y = Math.fma(z[c], scale[c], shift[c]);
      float g = 0 < y ? dy[c] : 0;
      dy[c] = y < high ? g : 0;
    }
  }

  private static void addProducts(
      float[] g, float[] z, float[] mean, int count, float[] sum, float[] product) {
    for (int c = 0; c < count; c++) {
      float s = sum[c] + g[c];
      product[c] = Math.fma(g[c], z[c] - mean[c], product[c]);
      sum[c] = s;
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
    Runs local = runs.get();
    int end = channels.groups() * Channels.GROUP;
    for (int c = 0; c < end; c += Runs.RUN) {
      int count = Math.min(Runs.RUN, end - c);
      coefficients(channels, c, count, local.w);
      for (int p = 0; p < pixels; p++) {
        System.arraycopy(dy.array(), dyOffset + p * channels.aPixel() + c, local.x[0], 0, count);
        System.arraycopy(z.array(), zOffset + p * channels.bPixel() + c, local.x[1], 0, count);
        activationGradient(local.x[0], local.x[1], local.w, channels.clamp().high(), count);
        combine(local.x[0], local.x[1], local.w, count, local.sums[0]);
        System.arraycopy(
            local.sums[0], 0, dz.array(), dzOffset + p * channels.outPixel() + c, count);
      }
    }
  }

  private static void combine(float[] g, float[] z, float[][] w, int count, float[] dz) {
    float[] scale = w[SCALE];
    float[] mean = w[MEAN];
    float[] slope = w[SLOPE];
    float[] constant = w[CONSTANT];
    for (int c = 0; c < count; c++) {
      dz[c] = Math.fma(slope[c], z[c] - mean[c], Math.fma(scale[c], g[c], constant[c]));
    }
  }

  /** Copies the five coefficients of {@code count} channels into a run each. */
  private static void coefficients(Channelwise channels, int channel, int count, float[][] w) {
    for (int c = 0; c < count; c += Channels.GROUP) {
      int at = PackedBatchNorm.at(channels.firstGroup(), channel + c);
      for (int i = 0; i < 5; i++) {
        System.arraycopy(
            channels.norm().values().array(), at + i * Channels.GROUP, w[i], c, Channels.GROUP);
      }
    }
  }

  /** Copies {@code runs} runs of {@code count} values, {@code stride} apart. */
  private static void copy(Buffer from, int offset, int stride, float[][] to, int runs, int count) {
    for (int i = 0; i < runs; i++) {
      System.arraycopy(from.array(), offset + i * stride, to[i], 0, count);
    }
  }

  /** Copies them back. */
  private static void copy(float[][] from, int runs, int count, Buffer to, int offset, int stride) {
    for (int i = 0; i < runs; i++) {
      System.arraycopy(from[i], 0, to.array(), offset + i * stride, count);
    }
  }
}
