package io.github.mobilenet4j.image;

import java.awt.image.Raster;

/** From a raster of stored samples to 8-bit red, green, blue. */
final class RasterSamples {
  private RasterSamples() {}

  /**
   * Returns the samples of a raster whose bands are grey, grey and alpha, RGB, or RGB and alpha, of
   * 1 to 16 bits. Fewer than 8 bits are stretched to 0..255 (rounded down, as Pillow does), of more
   * the high 8 are taken.
   *
   * @return {@code [height, width, 3]}
   */
  static byte[] rgb(Raster raster) {
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
    return rgb;
  }

  private static byte[] to8Bits(int bits) {
    byte[] table = new byte[1 << bits];
    for (int v = 0; v < table.length; v++) {
      table[v] = (byte) (bits > 8 ? v >> (bits - 8) : v * 255 / (table.length - 1));
    }
    return table;
  }
}
