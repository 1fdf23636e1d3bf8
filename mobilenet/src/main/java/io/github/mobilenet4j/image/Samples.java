package io.github.mobilenet4j.image;

import java.awt.image.DataBufferByte;
import java.awt.image.Raster;

/** From a raster of stored samples to 8-bit red, green, blue. */
final class Samples {
  private Samples() {}

  /**
   * Returns the picture of a raster whose bands are grey, grey and alpha, RGB, or RGB and alpha, of
   * 1 to 16 bits. Fewer than 8 bits are stretched to 0..255 (rounded down, as Pillow does), of more
   * the high 8 are taken.
   */
  static RgbImage rgb(Input in, Raster raster) {
    checkBits(in, raster, 16);
    int bands = raster.getNumBands();
    byte[][] tables = new byte[bands][];
    for (int b = 0; b < bands; b++) {
      tables[b] = to8Bits(raster.getSampleModel().getSampleSize(b));
    }
    int green = bands < 3 ? 0 : 1;
    int blue = bands < 3 ? 0 : 2;
    int width = raster.getWidth();
    byte[] rgb = new byte[raster.getHeight() * width * 3];
    int[] row = new int[width * bands];
    int o = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int i = 0; i < row.length; i += bands, o += 3) {
        rgb[o] = tables[0][row[i]];
        rgb[o + 1] = tables[green][row[i + green]];
        rgb[o + 2] = tables[blue][row[i + blue]];
      }
    }
    return new RgbImage(raster.getHeight(), width, rgb);
  }

  private static void checkBits(Input in, Raster raster, int most) {
    for (int bits : raster.getSampleModel().getSampleSize()) {
      if (bits < 1 || bits > most) {
        throw in.bad("samples of %s bits, expected 1 to %s".formatted(bits, most));
      }
    }
  }

  private static byte[] to8Bits(int bits) {
    byte[] table = new byte[1 << bits];
    for (int v = 0; v < table.length; v++) {
      table[v] = (byte) (bits > 8 ? v >> (bits - 8) : v * 255 / (table.length - 1));
    }
    return table;
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
}
