package io.github.mobilenet4j.image;

import java.awt.image.DataBufferByte;
import java.awt.image.Raster;

/** From a raster of stored samples to 8-bit red, green, blue. */
final class Samples {
  private Samples() {}

  /**
   * Returns the picture of a raster whose bands are grey, grey and alpha, RGB, or RGB and alpha, of
   * 1 to 16 bits.
   */
  static RgbImage rgb(Input in, Raster raster) {
    checkBits(in, raster, 16);
    return new RgbImage(raster.getHeight(), raster.getWidth(), RasterSamples.rgb(raster));
  }

  private static void checkBits(Input in, Raster raster, int most) {
    for (int bits : raster.getSampleModel().getSampleSize()) {
      if (bits < 1 || bits > most) {
        throw in.bad("samples of %s bits, expected 1 to %s".formatted(bits, most));
      }
    }
  }

  /**
   * Returns the picture of a raster of palette indices.
   *
   * @param palette {@code [256, 3]}
   */
  static RgbImage rgb(Input in, Raster indices, byte[] palette) {
    checkBits(in, indices, 8);
    int width = indices.getWidth();
    byte[] rgb = new byte[indices.getHeight() * width * 3];
    int[] row = new int[width];
    int o = 0;
    for (int y = 0; y < indices.getHeight(); y++) {
      indices.getPixels(indices.getMinX(), indices.getMinY() + y, width, 1, row);
      for (int index : row) {
        rgb[o++] = palette[index * 3];
        rgb[o++] = palette[index * 3 + 1];
        rgb[o++] = palette[index * 3 + 2];
      }
    }
    return new RgbImage(indices.getHeight(), width, rgb);
  }

  /**
   * Reads a palette of red, green, blue bytes. Indices beyond it become greys, as in Pillow.
   *
   * @return {@code [256, 3]}
   */
  static byte[] palette(Input in, long at, int colours) {
    byte[] palette = new byte[256 * 3];
    for (int i = 0; i < palette.length; i++) {
      palette[i] = (byte) (i / 3);
    }
    in.check(at, colours * 3);
    System.arraycopy(in.bytes(), (int) at, palette, 0, colours * 3);
    return palette;
  }

  /** Returns the samples of an 8-bit raster, {@code [height, width, bands]}. */
  static byte[] interleaved(Raster raster) {
    return ((DataBufferByte) raster.getDataBuffer()).getData();
  }

  /** Returns a picture of one colour with {@code image} laid over it at (left, top). */
  static RgbImage onCanvas(
      int width, int height, byte[] colour, RgbImage image, int left, int top) {
    byte[] rgb = new byte[height * width * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = colour[i % 3];
    }
    for (int y = 0; y < image.height(); y++) {
      System.arraycopy(
          image.rgb(),
          y * image.width() * 3,
          rgb,
          ((top + y) * width + left) * 3,
          image.width() * 3);
    }
    return new RgbImage(height, width, rgb);
  }

  /**
   * Returns a colour that an ink and black leave of white, as Pillow does without a profile.
   *
   * @param ink 0 for none; its low 8 bits count
   * @param black the same
   */
  static byte inked(int ink, int black) {
    int light = 255 - (black & 0xff);
    int product = (ink & 0xff) * light + 128; // of ink · light / 255, rounded
    return (byte) Math.clamp(light - ((product >> 8) + product >> 8), 0, 255);
  }
}
