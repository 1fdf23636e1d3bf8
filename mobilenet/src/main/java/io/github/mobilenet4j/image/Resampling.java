package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** How a picture is made larger or smaller. */
public enum Resampling {
  /** Pillow's BILINEAR: triangle filter, widened when shrinking (antialiased). */
  BILINEAR(1) {
    @Override
    double kernel(double x) {
      return Math.max(1 - Math.abs(x), 0);
    }
  },
  /** Pillow's BICUBIC: Keys' cubic with a = −0.5, widened when shrinking (antialiased). */
  BICUBIC(2) {
    @Override
    double kernel(double x) {
      double a = -0.5;
      double d = Math.abs(x);
      if (d < 1) {
        return ((a + 2) * d - (a + 3)) * d * d + 1;
      }
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    }
  },
  /**
   * TensorFlow 1's {@code resize_bilinear(align_corners=False)}: two taps a direction at {@code
   * output · (in / out)}, no antialiasing, no half-pixel offset; {@code ⌊v + 0.5⌋} at the end.
   */
  TENSORFLOW_BILINEAR(1) {
    @Override
    double kernel(double x) {
      return BILINEAR.kernel(x);
    }

    @Override
    void resize(RgbImage image, Axis rows, Axis columns, Rows to) {
      twoTaps(image, rows, columns, to);
    }
  };

  /** Receives a result, row by row, in order. */
  @FunctionalInterface
  interface Rows {
    /**
     * @param y which row, from 0
     * @param rgb {@code [width, 3]}; the next row comes in the same array
     */
    void row(int y, byte[] rgb);
  }

  private static final int MAX_PIXELS = (Integer.MAX_VALUE - 8) / 3;

  private final double support;

  Resampling(double support) {
    this.support = support;
  }

  /** The filter, 0 where {@code |x| ≥ support}. */
  abstract double kernel(double x);

  /**
   * Returns the whole picture in another size.
   *
   * <p>{@link #BILINEAR} and {@link #BICUBIC} equal Pillow's {@code Image.resize} bit for bit:
   * columns first, rounded to 8 bits, then rows.
   *
   * @param height rows of the result, ≥ 1
   * @param width columns of the result, ≥ 1
   * @throws MobileNetException if a side is below 1 or the result does not fit into an array
   */
  public RgbImage resize(RgbImage image, int height, int width) {
    checkSize(height, width);
    return resize(image, Axis.whole(image.height(), height), Axis.whole(image.width(), width));
  }

  /**
   * Returns a part of the picture in another size: the same as if it had been cut out before.
   *
   * @param top the first row of the part
   * @param left its first column
   * @param rows its rows, ≥ 1
   * @param columns its columns, ≥ 1
   * @param height rows of the result, ≥ 1
   * @param width columns of the result, ≥ 1
   * @throws MobileNetException if the part is not within the picture, a side is below 1 or the
   *     result does not fit into an array
   */
  public RgbImage resize(
      RgbImage image, int top, int left, int rows, int columns, int height, int width) {
    checkSize(height, width);
    if (top < 0
        || left < 0
        || rows < 1
        || columns < 1
        || top > image.height() - rows
        || left > image.width() - columns) {
      throw new MobileNetException(
          "part of %s×%s pixels at (%s, %s) of a picture of %s×%s, expected within it"
              .formatted(columns, rows, left, top, image.width(), image.height()));
    }
    return resize(
        image, new Axis(top, rows, height, 0, height), new Axis(left, columns, width, 0, width));
  }

  /** Checks a size that an image is to have. */
  static void checkSize(int height, int width) {
    if (height < 1
        || width < 1
        || height > Input.MAX_SIDE
        || width > Input.MAX_SIDE
        || (long) height * width > MAX_PIXELS) {
      throw new MobileNetException(
          "an image cannot be resized to %s×%s pixels, expected 1 to %s a side and at most %s in all"
              .formatted(width, height, Input.MAX_SIDE, MAX_PIXELS));
    }
  }

  /** Returns the result of {@link #resize(RgbImage, Axis, Axis, Rows)}. */
  RgbImage resize(RgbImage image, Axis rows, Axis columns) {
    byte[] out = new byte[rows.count() * columns.count() * 3];
    resize(
        image,
        rows,
        columns,
        (y, rgb) -> System.arraycopy(rgb, 0, out, y * rgb.length, rgb.length));
    return new RgbImage(rows.count(), columns.count(), out);
  }

  /**
   * Goes once through the picture: each row is narrowed, rounded to 8 bits, and added to the few
   * rows of the result that it contributes to.
   */
  void resize(RgbImage image, Axis rows, Axis columns, Rows to) {
    Taps down = Taps.of(rows, support, this::kernel);
    Taps across = Taps.of(columns, support, this::kernel);
    int width = columns.count() * 3;
    int[][] sums = new int[rows.count()][];
    // Few rows are under way at once; new ones for each would be most of the garbage of a call.
    Deque<int[]> finished = new ArrayDeque<>();
    byte[] line = new byte[width];
    byte[] rounded = new byte[width];
    int done = 0;
    for (int y = down.first()[0]; done < rows.count(); y++) {
      narrow(image, y, across, line);
      for (int o = done; o < rows.count() && down.first()[o] <= y; o++) {
        int tap = y - down.first()[o];
        if (tap == 0) {
          sums[o] = finished.isEmpty() ? new int[width] : finished.pop();
          Arrays.fill(sums[o], Taps.HALF);
        }
        add(down.weights()[o * down.width() + tap], line, sums[o]);
        // Rows begin and end in their order, so the finished are always the first.
        if (tap == down.counts()[o] - 1) {
          round(sums[o], rounded);
          to.row(o, rounded);
          finished.push(sums[o]);
          sums[o] = null;
          done = o + 1;
        }
      }
    }
  }

  private static void narrow(RgbImage image, int y, Taps taps, byte[] line) {
    byte[] in = image.rgb();
    int[] weights = taps.weights();
    int row = y * image.width();
    for (int x = 0; x < taps.first().length; x++) {
      int red = Taps.HALF;
      int green = Taps.HALF;
      int blue = Taps.HALF;
      int i = (row + taps.first()[x]) * 3;
      int w = x * taps.width();
      for (int end = w + taps.counts()[x]; w < end; w++, i += 3) {
        red += weights[w] * (in[i] & 0xff);
        green += weights[w] * (in[i + 1] & 0xff);
        blue += weights[w] * (in[i + 2] & 0xff);
      }
      line[3 * x] = Taps.rounded(red);
      line[3 * x + 1] = Taps.rounded(green);
      line[3 * x + 2] = Taps.rounded(blue);
    }
  }

  private static void add(int weight, byte[] line, int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * (line[i] & 0xff);
    }
  }

  private static void round(int[] sums, byte[] out) {
    for (int i = 0; i < sums.length; i++) {
      out[i] = Taps.rounded(sums[i]);
    }
  }

  /** float32 throughout, in TensorFlow's order of operations. */
  private static void twoTaps(RgbImage image, Axis rows, Axis columns, Rows to) {
    byte[] in = image.rgb();
    byte[] line = new byte[columns.count() * 3];
    for (int y = 0; y < rows.count(); y++) {
      float v = (rows.from() + y) * (float) rows.scale();
      int above = Math.min((int) v, rows.length() - 1);
      int top = (rows.start() + above) * image.width();
      int bottom = (rows.start() + Math.min(above + 1, rows.length() - 1)) * image.width();
      for (int x = 0; x < columns.count(); x++) {
        float u = (columns.from() + x) * (float) columns.scale();
        int before = Math.min((int) u, columns.length() - 1);
        int left = columns.start() + before;
        int right = columns.start() + Math.min(before + 1, columns.length() - 1);
        for (int c = 0; c < 3; c++) {
          float upper = between(in, (top + left) * 3 + c, (top + right) * 3 + c, u - before);
          float lower = between(in, (bottom + left) * 3 + c, (bottom + right) * 3 + c, u - before);
          line[3 * x + c] = (byte) (upper + (lower - upper) * (v - above) + 0.5f);
        }
      }
      to.row(y, line);
    }
  }

  private static float between(byte[] in, int a, int b, float fraction) {
    int from = in[a] & 0xff;
    return from + ((in[b] & 0xff) - from) * fraction;
  }
}
