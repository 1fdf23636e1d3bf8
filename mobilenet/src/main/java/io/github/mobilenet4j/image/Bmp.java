package io.github.mobilenet4j.image;

import java.awt.image.Raster;

/**
 * Windows and OS/2 bitmaps: 1 to 32 bits, uncompressed or run-length coded.
 *
 * @param palette {@code [256, 3]}, null where the samples are the colours
 */
@SuppressWarnings("ArrayRecordComponent")
record Bmp(Input in, int width, int height, int bits, byte[] palette) implements EncodedImage {
  private static final int HEADER = 14;
  private static final int CORE = 12;
  private static final int INFO = 40;
  private static final int V4 = 108;
  private static final int BIT_FIELDS = 3;

  // A run of 255 pixels takes two bytes.
  private static final int MAX_RUN_RATIO = 128;

  static Bmp of(Input in) {
    long dib = in.little(HEADER, 4);
    boolean core = dib == CORE;
    if (!core && (dib < INFO || dib > 200)) {
      throw in.bad("a BMP header of %s bytes, expected 12 or 40 to 200".formatted(dib));
    }
    long width = core ? in.little(18, 2) : in.little(18, 4);
    long height = core ? in.little(20, 2) : Math.abs((long) (int) in.little(22, 4));
    in.checkSize(width, height);
    int bits = (int) in.little(core ? 24 : 28, 2);
    int compression = core ? 0 : (int) in.little(30, 4);
    switch (bits) {
      case 1, 4, 8, 16, 24, 32 -> {}
      default -> throw in.bad("a BMP of %s bits a pixel".formatted(bits));
    }
    if (compression < 0 || compression > BIT_FIELDS) {
      // 4 and 5 wrap a JPEG or PNG, whose header nobody would have checked.
      throw in.bad("a BMP with compression %s, expected 0 to 3".formatted(compression));
    }
    boolean runs = compression == 1 || compression == 2;
    long dataBytes = Math.max(in.length() - in.little(10, 4), 0);
    in.checkPlausible(
        runs ? width * height : (width * bits + 31) / 32 * 4 * height,
        runs ? dataBytes * MAX_RUN_RATIO : dataBytes);
    return new Bmp(in, (int) width, (int) height, bits, bits > 8 ? null : palette(in, dib, bits));
  }

  private static byte[] palette(Input in, long dib, int bits) {
    int step = dib == CORE ? 3 : 4;
    long used = dib == CORE ? 0 : in.little(46, 4);
    int colours = used == 0 || used > 1 << bits ? 1 << bits : (int) used;
    byte[] palette = Samples.palette(in, 0, 0);
    for (int i = 0; i < colours; i++) {
      long bgr = in.little(HEADER + dib + (long) i * step, 3);
      palette[3 * i] = (byte) (bgr >> 16);
      palette[3 * i + 1] = (byte) (bgr >> 8);
      palette[3 * i + 2] = (byte) bgr;
    }
    return palette;
  }

  /** Indices of runs are written down twice. */
  @Override
  public long memory() {
    return (Math.max(bits / 8, 2) + 3L) * width * height;
  }

  @Override
  public RgbImage decode() {
    byte[] stream = in.bytes();
    if (in.little(HEADER, 4) >= V4) {
      // "sRGB" in place of a profile, which may even be the name of another file.
      stream = stream.clone();
      System.arraycopy(new byte[] {'B', 'G', 'R', 's'}, 0, stream, HEADER + 56, 4);
    }
    Raster raster = Decoder.platform(in, "BMP", stream, decoder -> decoder.read(0).getRaster());
    return palette == null ? Samples.rgb(in, raster) : Samples.rgb(in, raster, palette);
  }
}
