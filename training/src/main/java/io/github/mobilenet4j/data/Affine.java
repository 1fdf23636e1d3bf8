package io.github.mobilenet4j.data;

import io.github.mobilenet4j.image.RgbImage;

/**
 * Turns and moves a picture: the pixel at {@code (x, y)} of the result is taken from {@code (a·x +
 * b·y + c, d·x + e·y + f)} of the source, where the middle of the first pixel is {@code (0.5,
 * 0.5)}. Bilinear between four pixels, as Pillow's {@code Image.transform}.
 */
record Affine(double a, double b, double c, double d, double e, double f) {
  /**
   * Turns clockwise about the middle, then moves: torchvision's {@code affine}.
   *
   * @param height rows of the picture
   * @param width columns of the picture
   * @param degrees clockwise
   * @param right pixels
   * @param down pixels
   */
  static Affine of(int height, int width, double degrees, int right, int down) {
    double radians = StrictMath.toRadians(degrees);
    double cos = rounded(StrictMath.cos(radians));
    double sin = rounded(StrictMath.sin(radians));
    double x = width * 0.5;
    double y = height * 0.5;
    return new Affine(
        cos,
        sin,
        cos * (-x - right) + sin * (-y - down) + x,
        -sin,
        cos,
        -sin * (-x - right) + cos * (-y - down) + y);
  }

  /** To 15 decimals, as Pillow's rotate does, so that a right angle takes pixels as they are. */
  private static double rounded(double value) {
    return Math.rint(value * 1e15) / 1e15;
  }

  /**
   * Returns the picture, in the same size.
   *
   * @param fill red, green, blue of what lies outside the source
   */
  RgbImage apply(RgbImage image, byte[] fill) {
    int height = image.height();
    int width = image.width();
    byte[] in = image.rgb();
    byte[] out = new byte[in.length];
    int o = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++, o += 3) {
        double u = a * (x + 0.5) + b * (y + 0.5) + c;
        double v = d * (x + 0.5) + e * (y + 0.5) + f;
        if (!(u >= 0 && u < width && v >= 0 && v < height)) {
          System.arraycopy(fill, 0, out, o, 3);
          continue;
        }
        int left = (int) Math.floor(u - 0.5);
        int top = (int) Math.floor(v - 0.5);
        double right = u - 0.5 - left;
        double down = v - 0.5 - top;
        int upper = Math.max(top, 0) * width;
        int lower = Math.min(top + 1, height - 1) * width;
        int here = Math.max(left, 0);
        int next = Math.min(left + 1, width - 1);
        for (int channel = 0; channel < 3; channel++) {
          double above =
              between(in, (upper + here) * 3 + channel, (upper + next) * 3 + channel, right);
          double below =
              between(in, (lower + here) * 3 + channel, (lower + next) * 3 + channel, right);
          out[o + channel] = (byte) (above + (below - above) * down);
        }
      }
    }
    return new RgbImage(height, width, out);
  }

  private static double between(byte[] in, int from, int to, double fraction) {
    int value = in[from] & 0xff;
    return value + ((in[to] & 0xff) - value) * fraction;
  }
}
