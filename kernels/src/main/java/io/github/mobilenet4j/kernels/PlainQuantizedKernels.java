package io.github.mobilenet4j.kernels;

import java.util.Arrays;

/** Plain loops over arrays, into which the values of a pixel or of a row of a matrix are copied. */
final class PlainQuantizedKernels implements QuantizedKernels {
  private static final int RUN = 256;

  /** The arrays of a thread. */
  private static final class Local {
    byte[] x = new byte[0];
    final short[] w = new short[2 * RUN];
    final int[] sums = new int[RUN];
    final byte[] y = new byte[RUN];
    final byte[][] rows = new byte[9][Channels.GROUP];
    final short[] filters = new short[3 * 2 * 2 * Channels.GROUP];

    byte[] x(int length) {
      if (x.length < length) {
        x = new byte[length];
      }
      return x;
    }
  }

  private final ThreadLocal<Local> locals = ThreadLocal.withInitial(Local::new);

  @Override
  public String name() {
    return "plain loops";
  }

  @Override
  public int panelColumns(int columns) {
    return RUN;
  }

  @Override
  public Packing packing() {
    return Packing.SHORTS;
  }

  @Override
  public Lanes lanes() {
    return new Lanes(Channels.GROUP, Channels.GROUP, Packing.SHORTS);
  }

  @Override
  public Buffer allocate(int bytes) {
    return Buffer.onHeap((bytes + SLACK + Float.BYTES - 1) / Float.BYTES);
  }

  @Override
  public void multiply(
      Product product,
      int panel,
      int pixels,
      Buffer a,
      int aOffset,
      Place sums,
      Buffer y,
      int yOffset) {
    Local local = locals.get();
    QuantizedMatrix b = product.matrix();
    Requantization requantization = b.requantization();
    int first = b.firstColumn(panel);
    int width = b.width(panel);
    int real = Math.min(width, requantization.columns() - first);
    int rest = requantization.ofZero();
    int length = b.length();
    int[] sum = local.sums;
    byte[] x = local.x(length + 1);
    x[length] = 0;
    for (int m = 0; m < pixels; m++) {
      for (int k = 0; k < real; k++) {
        sum[k] = b.sum(first + k);
      }
      for (int s = 0; s < product.segments(); s++) {
        a.get(aOffset + m * product.in().pixel() + s * product.in().row(), x, 0, length);
        for (int i = 0; i < b.steps(); i++) {
          int at = b.valuesOffset(panel) / Short.BYTES + (s * b.steps() + i) * 2 * width;
          b.values().get(at, local.w, 0, 2 * width);
          addPairs(x[2 * i] & 0xff, x[2 * i + 1] & 0xff, local.w, real, sum);
        }
      }
      for (int k = 0; k < width; k++) {
        local.y[k] = (byte) (k < real ? requantization.apply(sum[k], first + k) : rest);
      }
      y.set(yOffset + product.out().at(m) + first, local.y, 0, width);
    }
  }

  private static void addPairs(int x0, int x1, short[] w, int width, int[] sum) {
    for (int k = 0; k < width; k++) {
      sum[k] += x0 * w[2 * k] + x1 * w[2 * k + 1];
    }
  }

  @Override
  public void sums(Product product, int pixels, Buffer a, int aOffset, Place sums) {
    Local local = locals.get();
    int length = product.matrix().length();
    byte[] x = local.x(length + 1);
    for (int m = 0; m < pixels; m++) {
      int sum = 0;
      for (int s = 0; s < product.segments(); s++) {
        a.get(aOffset + m * product.in().pixel() + s * product.in().row(), x, 0, length);
        for (int i = 0; i < length; i++) {
          sum += x[i] & 0xff;
        }
      }
      local.sums[0] = sum;
      sums.memory().set(sums.offset() + m, local.sums, 0, 1);
    }
  }

  @Override
  public void depthwise(
      Depthwise depthwise, int firstPart, int parts, Buffer x, int xOffset, Buffer y, int yOffset) {
    for (int part = firstPart; part < firstPart + parts; part++) {
      int channel = part * Channels.GROUP;
      depthwise(depthwise, part, x, xOffset + channel, y, yOffset + channel);
    }
  }

  private void depthwise(Depthwise depthwise, int part, Buffer x, int xFrom, Buffer y, int yFrom) {
    Local local = locals.get();
    QuantizedFilters filters = depthwise.filters();
    Requantization requantization = filters.requantization();
    filters
        .memory()
        .get(filters.partOffset(part) / Short.BYTES, local.filters, 0, local.filters.length);
    int first = part * Channels.GROUP;
    int real = Math.min(Channels.GROUP, filters.channels() - first);
    for (int q = 0; q < depthwise.out().columns(); q++) {
      for (int tap = 0; tap < 9; tap++) {
        int column = q * depthwise.stride() + tap % 3;
        int from = xFrom + tap / 3 * depthwise.in().row() + column * depthwise.in().pixel();
        x.get(from, local.rows[tap], 0, Channels.GROUP);
      }
      for (int c = 0; c < Channels.GROUP; c++) {
        int sum = c < real ? filters.sum(first + c) : 0;
        for (int tap = 0; tap < 9; tap++) {
          int row = tap / 3;
          int at = ((tap % 3 * 2 + row / 2) * Channels.GROUP + c) * 2 + row % 2;
          sum += (local.rows[tap][c] & 0xff) * local.filters[at];
        }
        local.y[c] =
            (byte) (c < real ? requantization.apply(sum, first + c) : requantization.ofZero());
      }
      y.set(yFrom + q * depthwise.out().pixel(), local.y, 0, Channels.GROUP);
    }
  }

  @Override
  public void sumPool(
      Layout in, int rows, int groups, Buffer x, int xOffset, Buffer y, int yOffset) {
    Local local = locals.get();
    for (int group = 0; group < groups; group++) {
      int channel = group * Channels.GROUP;
      Arrays.fill(local.sums, 0, Channels.GROUP, 0);
      for (int pixel = 0; pixel < rows * in.columns(); pixel++) {
        x.get(xOffset + in.at(pixel) + channel, local.y, 0, Channels.GROUP);
        for (int c = 0; c < Channels.GROUP; c++) {
          local.sums[c] += local.y[c] & 0xff;
        }
      }
      y.set(yOffset + channel, local.sums, 0, Channels.GROUP);
    }
  }

  @Override
  public void quantize(
      InputQuantization quantization, Buffer x, int xOffset, int count, Buffer y, int yOffset) {
    Local local = locals.get();
    float[] numbers = x.array();
    for (int from = 0; from < count; from += RUN) {
      int some = Math.min(RUN, count - from);
      for (int i = 0; i < some; i++) {
        local.y[i] = (byte) quantization.apply(numbers[xOffset + from + i]);
      }
      y.set(yOffset + from, local.y, 0, some);
    }
  }
}
