package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.PlainKernels.Runs;

/**
 * Plain loops. As in {@link PlainKernels}, runs of neighbouring values are copied to arrays of
 * their own, so that C2 makes vector instructions of what is then done with them.
 */
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
      Floats a,
      int aOffset,
      int aPixel,
      int rows,
      Floats b,
      int bOffset,
      int bPixel,
      int groups,
      Floats y,
      int yOffset,
      int yRow,
      int pixels) {
    Runs local = runs.get();
    int columns = groups * Channels.GROUP;
    for (int k = 0; k < columns; k += PlainKernels.RUN) {
      int width = Math.min(PlainKernels.RUN, columns - k);
      for (int begin = 0; begin < rows; begin += PlainKernels.PIXELS) {
        int count = Math.min(PlainKernels.PIXELS, rows - begin);
        int to = yOffset + begin * yRow + k;
        copy(y, to, yRow, local.sums, count, width);
        PlainKernels.addProduct(
            a.array(),
            aOffset + begin,
            1,
            aPixel,
            count,
            pixels,
            b.array(),
            bOffset + k,
            bPixel,
            width,
            local);
        copy(local.sums, count, width, y, to, yRow);
      }
    }
  }

  @Override
  public void depthwiseGradient(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      Floats dz,
      int dzOffset,
      int dzPixel,
      int dzRow,
      int rows,
      int columns,
      int groups,
      Floats dw,
      int dwOffset,
      int dwTap) {
    Runs local = runs.get();
    float[][] sums = local.sums;
    int channels = groups * Channels.GROUP;
    for (int c = 0; c < channels; c += PlainKernels.RUN) {
      int count = Math.min(PlainKernels.RUN, channels - c);
      copy(dw, dwOffset + c, dwTap, sums, PlainKernels.TAPS, count);
      for (int p = 0; p < rows; p++) {
        for (int q = 0; q < columns; q++) {
          float[] g = local.w[0];
          System.arraycopy(dz.array(), dzOffset + p * dzRow + q * dzPixel + c, g, 0, count);
          for (int i = 0; i < 3; i++) {
            int from = xOffset + (p * stride + i) * xRow + q * stride * xPixel + c;
            copy(x, from, xPixel, local.x, 3, count);
            addTaps(local.x, g, count, sums[3 * i], sums[3 * i + 1], sums[3 * i + 2]);
          }
        }
      }
      copy(sums, PlainKernels.TAPS, count, dw, dwOffset + c, dwTap);
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
  public void scaleShift(
      Floats x,
      int xOffset,
      int xPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float low,
      float high,
      Floats y,
      int yOffset,
      int yPixel,
      int groups,
      int pixels) {
    Runs local = runs.get();
    int channels = groups * Channels.GROUP;
    for (int c = 0; c < channels; c += PlainKernels.RUN) {
      int count = Math.min(PlainKernels.RUN, channels - c);
      coefficients(norm, firstGroup, c, count, local.w);
      for (int p = 0; p < pixels; p++) {
        System.arraycopy(x.array(), xOffset + p * xPixel + c, local.x[0], 0, count);
        normalise(local.x[0], local.w, count, local.sums[0]);
        PlainKernels.clamp(
            local.sums[0], count, low, high, y.array(), yOffset + p * yPixel + c, local.sums[1]);
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
      Floats x,
      int xOffset,
      int xPixel,
      Floats pivot,
      int pivotOffset,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels) {
    Runs local = runs.get();
    int channels = groups * Channels.GROUP;
    for (int c = 0; c < channels; c += PlainKernels.RUN) {
      int count = Math.min(PlainKernels.RUN, channels - c);
      System.arraycopy(pivot.array(), pivotOffset + c, local.w[0], 0, count);
      copy(sums, sumsOffset + c, sumsRow, local.sums, 2, count);
      for (int p = 0; p < pixels; p++) {
        System.arraycopy(x.array(), xOffset + p * xPixel + c, local.x[0], 0, count);
        addMoments(local.x[0], local.w[0], count, local.sums[0], local.sums[1]);
      }
      copy(local.sums, 2, count, sums, sumsOffset + c, sumsRow);
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
      Floats dy,
      int dyOffset,
      int dyPixel,
      Floats z,
      int zOffset,
      int zPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float high,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels) {
    Runs local = runs.get();
    int channels = groups * Channels.GROUP;
    for (int c = 0; c < channels; c += PlainKernels.RUN) {
      int count = Math.min(PlainKernels.RUN, channels - c);
      coefficients(norm, firstGroup, c, count, local.w);
      copy(sums, sumsOffset + c, sumsRow, local.sums, 2, count);
      for (int p = 0; p < pixels; p++) {
        System.arraycopy(dy.array(), dyOffset + p * dyPixel + c, local.x[0], 0, count);
        System.arraycopy(z.array(), zOffset + p * zPixel + c, local.x[1], 0, count);
        activationGradient(local.x[0], local.x[1], local.w, high, count);
        addProducts(local.x[0], local.x[1], local.w[MEAN], count, local.sums[0], local.sums[1]);
      }
      copy(local.sums, 2, count, sums, sumsOffset + c, sumsRow);
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
      Floats dy,
      int dyOffset,
      int dyPixel,
      Floats z,
      int zOffset,
      int zPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float high,
      Floats dz,
      int dzOffset,
      int dzPixel,
      int groups,
      int pixels) {
    Runs local = runs.get();
    int channels = groups * Channels.GROUP;
    for (int c = 0; c < channels; c += PlainKernels.RUN) {
      int count = Math.min(PlainKernels.RUN, channels - c);
      coefficients(norm, firstGroup, c, count, local.w);
      for (int p = 0; p < pixels; p++) {
        System.arraycopy(dy.array(), dyOffset + p * dyPixel + c, local.x[0], 0, count);
        System.arraycopy(z.array(), zOffset + p * zPixel + c, local.x[1], 0, count);
        activationGradient(local.x[0], local.x[1], local.w, high, count);
        combine(local.x[0], local.x[1], local.w, count, local.sums[0]);
        System.arraycopy(local.sums[0], 0, dz.array(), dzOffset + p * dzPixel + c, count);
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
  private static void coefficients(
      PackedBatchNorm norm, int firstGroup, int channel, int count, float[][] w) {
    for (int c = 0; c < count; c += Channels.GROUP) {
      int at = PackedBatchNorm.at(firstGroup, channel + c);
      for (int i = 0; i < 5; i++) {
        System.arraycopy(norm.values().array(), at + i * Channels.GROUP, w[i], c, Channels.GROUP);
      }
    }
  }

  /** Copies {@code runs} runs of {@code count} values, {@code stride} apart. */
  private static void copy(Floats from, int offset, int stride, float[][] to, int runs, int count) {
    for (int i = 0; i < runs; i++) {
      System.arraycopy(from.array(), offset + i * stride, to[i], 0, count);
    }
  }

  /** Copies them back. */
  private static void copy(float[][] from, int runs, int count, Floats to, int offset, int stride) {
    for (int i = 0; i < runs; i++) {
      System.arraycopy(from[i], 0, to.array(), offset + i * stride, count);
    }
  }
}
