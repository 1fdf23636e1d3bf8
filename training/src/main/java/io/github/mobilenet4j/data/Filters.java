package io.github.mobilenet4j.data;

import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.image.RgbImage;
import java.util.Arrays;

/** Changes of sharpness; none is in place. */
final class Filters {
  /** On each side of a pixel that a blur reads: enough for {@link #MAX_SIGMA}. */
  static final int REACH = 6;

  /** The widest blur: three of it are within the reach. */
  static final double MAX_SIGMA = 2;

  private static final int SMOOTH_MIDDLE = 5;
  private static final int SMOOTH_SUM = 13;

  private Filters() {}

  /**
   * Blurs by a Gaussian of 13 × 13 pixels, beyond the edge the image mirrored without its last
   * pixel: torchvision's {@code gaussian_blur}.
   *
   * @param sigma in pixels, in (0, 2]
   */
  static RgbImage blur(RgbImage image, double sigma) {
    float[] weights = new float[2 * REACH + 1];
    double sum = 0;
    for (int i = -REACH; i <= REACH; i++) {
      sum += Math.exp(-0.5 * (i / sigma) * (i / sigma));
    }
    for (int i = -REACH; i <= REACH; i++) {
      weights[i + REACH] = (float) (Math.exp(-0.5 * (i / sigma) * (i / sigma)) / sum);
    }
    int height = image.height();
    int width = image.width();
    byte[] in = image.rgb();
    float[] across = new float[in.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int o = (y * width + x) * 3;
        for (int t = -REACH; t <= REACH; t++) {
          int from = (y * width + mirrored(x + t, width)) * 3;
          for (int c = 0; c < 3; c++) {
            across[o + c] += weights[t + REACH] * (in[from + c] & 0xff);
          }
        }
      }
    }
    byte[] out = new byte[in.length];
    float[] row = new float[width * 3];
    for (int y = 0; y < height; y++) {
      Arrays.fill(row, 0);
      for (int t = -REACH; t <= REACH; t++) {
        int from = mirrored(y + t, height) * width * 3;
        for (int i = 0; i < row.length; i++) {
          row[i] += weights[t + REACH] * across[from + i];
        }
      }
      for (int i = 0; i < row.length; i++) {
        out[y * row.length + i] = (byte) Math.clamp((long) Math.rint(row[i]), 0, 255);
      }
    }
    return new RgbImage(height, width, out);
  }

  /** Returns the pixel that stands for one outside; also where a side is shorter than the reach. */
  private static int mirrored(int at, int length) {
    if (length == 1) {
      return 0;
    }
    int folded = Math.floorMod(at, 2 * (length - 1));
    return Math.min(folded, 2 * (length - 1) - folded);
  }

  /**
   * Moves away from, or towards, a smoothed image: Pillow's {@code ImageEnhance.Sharpness}.
   *
   * @param factor 0 is smooth, 1 changes nothing, 2 is sharp
   */
  static RgbImage sharpness(RgbImage image, double factor) {
    int height = image.height();
    int width = image.width();
    byte[] in = image.rgb();
    byte[] out = in.clone();
    int row = width * 3;
    for (int y = 1; y < height - 1; y++) {
      for (int i = y * row + 3; i < (y + 1) * row - 3; i++) {
        int sum = (SMOOTH_MIDDLE - 1) * (in[i] & 0xff);
        for (int from = i - row; from <= i + row; from += row) {
          sum += (in[from - 3] & 0xff) + (in[from] & 0xff) + (in[from + 3] & 0xff);
        }
        // Pillow's sums are of floats, each weight divided by 13, and rounded in the end.
        int smooth = (int) ((float) sum / SMOOTH_SUM + 0.5f);
        out[i] = Colours.blend(smooth, in[i] & 0xff, (float) factor);
      }
    }
    return new RgbImage(height, width, out);
  }

  /**
   * Takes detail away as a small image does: made smaller, and as large as it was again.
   *
   * @param part of its sides, in (0, 1]
   */
  static RgbImage rescaled(RgbImage image, double part, Resampling resampling) {
    int rows = Math.max(1, (int) Math.rint(part * image.height()));
    int columns = Math.max(1, (int) Math.rint(part * image.width()));
    return resampling.resize(
        resampling.resize(image, rows, columns), image.height(), image.width());
  }
}
