package io.github.mobilenet4j.image;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;

/**
 * PNG (W3C, third edition), also interlaced, of 1 to 16 bits.
 *
 * <p>The decoder gets the header, palette and data chunks only: transparency is dropped anyway, and
 * nothing else is worth a risk.
 *
 * @param palette {@code [256, 3]}, null where the samples are the colours
 * @param orientation EXIF's, 1..8
 * @param stream the file's necessary chunks
 */
@SuppressWarnings("ArrayRecordComponent")
record Png(Input in, int width, int height, byte[] palette, int orientation, byte[] stream)
    implements EncodedImage {
  private static final int PALETTE_COLOUR = 3;

  // Bytes of a chunk beside its data: length, type, CRC.
  private static final int FRAME = 12;

  // RFC 1951: a length of 258 takes two bits at least.
  private static final int MAX_DEFLATE_RATIO = 1032;

  static Png of(Input in) {
    if (!in.has(12, "IHDR") || in.big(8, 4) != 13) {
      throw in.bad("a PNG file without a header");
    }
    long width = in.big(16, 4);
    long height = in.big(20, 4);
    int depth = in.octet(24);
    int colour = in.octet(25);
    in.checkSize(width, height);

    ByteArrayOutputStream stream = new ByteArrayOutputStream(in.length());
    stream.writeBytes(in.slice(0, 8));
    byte[] palette = colour == PALETTE_COLOUR ? Samples.palette(in, 0, 0) : null;
    int orientation = Orientation.UPRIGHT;
    long dataBytes = 0;
    long at = 8;
    // Pillow and browsers forgive a missing end, not missing data.
    while (at + FRAME <= in.length()) {
      long length = in.big(at, 4);
      in.check(at, length + FRAME);
      if (in.has(at + 4, "IHDR") || in.has(at + 4, "PLTE") || in.has(at + 4, "IDAT")) {
        checkCrc(in, at, (int) length);
        stream.writeBytes(in.slice(at, length + FRAME));
      }
      if (in.has(at + 4, "PLTE") && palette != null) {
        palette = Samples.palette(in, at + 8, (int) Math.min(length / 3, 256));
      } else if (in.has(at + 4, "IDAT")) {
        dataBytes += length;
      } else if (in.has(at + 4, "eXIf")) {
        orientation = Orientation.of(in.slice(at + 8, length));
      } else if (in.has(at + 4, "IEND")) {
        break;
      }
      at += length + FRAME;
    }
    in.checkPlausible(width * height * depth / 8, dataBytes * MAX_DEFLATE_RATIO);
    stream.writeBytes(
        new byte[] {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xae, 0x42, 0x60, (byte) 0x82});
    return new Png(in, (int) width, (int) height, palette, orientation, stream.toByteArray());
  }

  private static void checkCrc(Input in, long at, int length) {
    CRC32 crc = new CRC32();
    crc.update(in.bytes(), (int) at + 4, length + 4);
    if (crc.getValue() != in.big(at + 8 + length, 4)) {
      throw in.bad("damaged PNG data: a chunk's checksum at byte %s is wrong".formatted(at));
    }
  }

  /** The decoder has a second copy of its rows, one after the other. */
  @Override
  public long memory() {
    int channels =
        switch (in.octet(25)) {
          case 2 -> 3;
          case 4 -> 2;
          case 6 -> 4;
          default -> 1;
        };
    return (2L * Math.ceilDiv(channels * in.octet(24), 8) + 3) * width * height;
  }

  @Override
  public RgbImage decode() {
    Raster raster = Decoder.platform(in, "PNG", stream, decoder -> decoder.read(0).getRaster());
    return palette == null ? Samples.rgb(in, raster) : Samples.rgb(in, raster, palette);
  }
}
