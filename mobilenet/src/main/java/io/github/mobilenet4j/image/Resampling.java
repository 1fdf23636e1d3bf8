package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import java.util.Arrays;

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
    RgbImage resize(RgbImage picture, Axis rows, Axis columns) {
      return twoTaps(picture, rows, columns);
    }
  };

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
  public RgbImage resize(RgbImage picture, int height, int width) {
    if (height < 1 || width < 1 || (long) height * width > MAX_PIXELS) {
      throw new MobileNetException(
          "a picture cannot be resized to %d×%d pixels".formatted(width, height));
    }
    return resize(
        picture, Axis.whole(picture.height(), height), Axis.whole(picture.width(), width));
  }

  RgbImage resize(RgbImage picture, Axis rows, Axis columns) {
    Taps down = Taps.of(rows, support, this::kernel);
    Taps across = Taps.of(columns, support, this::kernel);
    byte[] narrowed = narrow(picture, down.begin(), down.end(), across);
    return new RgbImage(
        rows.count(), columns.count(), shorten(narrowed, columns.count() * 3, down));
  }

  /** Resizes the columns of the rows {@code [fromRow, toRow)}. */
  private static byte[] narrow(RgbImage picture, int fromRow, int toRow, Taps taps) {
    byte[] in = picture.rgb();
    int columns = taps.first().length;
    byte[] out = new byte[(toRow - fromRow) * columns * 3];
    int[] weights = taps.weights();
    int o = 0;
    for (int y = fromRow; y < toRow; y++) {
      int row = y * picture.width() * 3;
      for (int x = 0; x < columns; x++, o += 3) {
        int i = row + taps.first()[x] * 3;
        int w = x * taps.width();
        int red = 1 << Taps.FRACTION_BITS - 1;
        int green = red;
        int blue = red;
        for (int end = w + taps.counts()[x]; w < end; w++, i += 3) {
          red += weights[w] * (in[i] & 0xff);
          green += weights[w] * (in[i + 1] & 0xff);
          blue += weights[w] * (in[i + 2] & 0xff);
        }
        out[o] = Taps.rounded(red);
        out[o + 1] = Taps.rounded(green);
        out[o + 2] = Taps.rounded(blue);
      }
    }
    return out;
  }

  /**
   * Resizes the rows. Whole rows are added up, so that memory is read in its order.
   *
   * @param in rows of {@code width} bytes, from {@code taps.begin()} on
   */
  private static byte[] shorten(byte[] in, int width, Taps taps) {
    byte[] out = new byte[taps.first().length * width];
    int[] sums = new int[width];
    for (int y = 0; y < taps.first().length; y++) {
      Arrays.fill(sums, 1 << Taps.FRACTION_BITS - 1);
      for (int t = 0; t < taps.counts()[y]; t++) {
        int weight = taps.weights()[y * taps.width() + t];
        int row = (taps.first()[y] - taps.begin() + t) * width;
        for (int i = 0; i < width; i++) {
          sums[i] += weight * (in[row + i] & 0xff);
        }
      }
      for (int i = 0; i < width; i++) {
        out[y * width + i] = Taps.rounded(sums[i]);
      }
    }
    return out;
  }

  /** float32 throughout, in TensorFlow's order of operations. */
  private static RgbImage twoTaps(RgbImage picture, Axis rows, Axis columns) {
    byte[] in = picture.rgb();
    byte[] out = new byte[rows.count() * columns.count() * 3];
    int o = 0;
    for (int y = 0; y < rows.count(); y++) {
      float v = (rows.from() + y) * (float) rows.scale();
      int above = Math.min((int) v, rows.length() - 1);
      int top = (rows.start() + above) * picture.width();
      int bottom = (rows.start() + Math.min(above + 1, rows.length() - 1)) * picture.width();
      for (int x = 0; x < columns.count(); x++) {
        float u = (columns.from() + x) * (float) columns.scale();
        int before = Math.min((int) u, columns.length() - 1);
        int left = columns.start() + before;
        int right = columns.start() + Math.min(before + 1, columns.length() - 1);
        for (int c = 0; c < 3; c++) {
          float upper = between(in, (top + left) * 3 + c, (top + right) * 3 + c, u - before);
          float lower = between(in, (bottom + left) * 3 + c, (bottom + right) * 3 + c, u - before);
          out[o++] = (byte) (upper + (lower - upper) * (v - above) + 0.5f);
        }
      }
    }
    return new RgbImage(rows.count(), columns.count(), out);
  }

  private static float between(byte[] in, int a, int b, float fraction) {
    int from = in[a] & 0xff;
    return from + ((in[b] & 0xff) - from) * fraction;
  }
}
