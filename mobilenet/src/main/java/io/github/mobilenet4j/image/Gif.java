package io.github.mobilenet4j.image;

import java.awt.image.Raster;
import java.util.Arrays;

/**
 * GIF 87a and 89a: the first frame, on its canvas.
 *
 * @param width of the canvas, wide enough for the frame
 * @param left of the frame in the canvas
 * @param palette {@code [256, 3]}
 * @param background palette index where the frame does not cover the canvas
 */
@SuppressWarnings("ArrayRecordComponent")
record Gif(Input in, int width, int height, int left, int top, byte[] palette, int background)
    implements EncodedImage {
  private static final int EXTENSION = 0x21;
  private static final int GRAPHIC_CONTROL = 0xf9;
  private static final int IMAGE = 0x2c;

  // LZW's longest string has 4,096 pixels and its code 12 bits.
  private static final int MAX_RATIO = 2731;

  static Gif of(Input in) {
    int width = (int) in.little(6, 2);
    int height = (int) in.little(8, 2);
    in.checkSize(width, height);
    int flags = in.octet(10);
    int colours = colours(flags);
    byte[] palette = Samples.palette(in, 13, colours);
    int background = 0;
    long at = 13 + 3L * colours;
    while (in.octet(at) == EXTENSION) {
      // Blocks of extensions: a length each, the last 0.
      if (in.octet(at + 1) == GRAPHIC_CONTROL && in.octet(at + 2) == 4) {
        background = (in.octet(at + 3) & 1) != 0 ? in.octet(at + 6) : 0;
      }
      at += 2;
      while (in.octet(at) != 0) {
        at += 1 + in.octet(at);
      }
      at++;
    }
    if (in.octet(at) != IMAGE) {
      throw in.bad("a GIF file without a picture");
    }
    int left = (int) in.little(at + 1, 2);
    int top = (int) in.little(at + 3, 2);
    int right = left + (int) in.little(at + 5, 2);
    int bottom = top + (int) in.little(at + 7, 2);
    in.checkSize(right - left, bottom - top);
    int localColours = colours(in.octet(at + 9));
    if (localColours > 0) {
      palette = Samples.palette(in, at + 10, localColours);
    }
    // Pillow lets the canvas grow where the frame leaves it.
    width = Math.max(width, right);
    height = Math.max(height, bottom);
    in.checkSize(width, height);
    in.checkPlausible((long) width * height, (long) in.length() * MAX_RATIO);
    return new Gif(in, width, height, left, top, palette, background);
  }

  private static int colours(int flags) {
    return (flags & 0x80) == 0 ? 0 : 2 << (flags & 7);
  }

  /** A byte a pixel of the frame, which is no larger than its canvas, and two results. */
  @Override
  public long memory() {
    return 7L * width * height;
  }

  @Override
  public RgbImage decode() {
    Raster raster = Decoder.platform(in, "GIF", in.bytes(), decoder -> decoder.read(0).getRaster());
    RgbImage frame = Samples.rgb(in, raster, palette);
    if (frame.width() == width && frame.height() == height) {
      return frame;
    }
    byte[] colour = Arrays.copyOfRange(palette, background * 3, background * 3 + 3);
    return Samples.onCanvas(width, height, colour, frame, left, top);
  }
}
