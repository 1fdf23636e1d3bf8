package io.github.mobilenet4j.image;

import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * WebP (RFC 9649): lossy and lossless; of an animation the first frame, on its canvas.
 *
 * <p>The decoder gets the frame's colours only, as a simple file: alpha is dropped anyway.
 *
 * @param width of the canvas
 * @param left of the frame in the canvas
 * @param orientation EXIF's, 1..8
 * @param stream a simple WebP file of the frame
 */
@SuppressWarnings("ArrayRecordComponent")
record WebP(Input in, int width, int height, int left, int top, int orientation, byte[] stream)
    implements EncodedImage {
  private static final String PLUG_IN = "com.twelvemonkeys.imageio:imageio-webp";
  private static final byte[] BLACK = {0, 0, 0};

  // RFC 6386, section 11: the modes of a macroblock of 256 pixels take more than 3 bits.
  private static final int MAX_LOSSY_RATIO = 683;

  static WebP of(Input in) {
    long canvas = in.has(12, "VP8X") ? 20 : 0;
    int left = 0;
    int top = 0;
    int orientation = Orientation.UPRIGHT;
    long frame = 0;
    long at = 12;
    while (at + 8 <= in.length() && (frame == 0 || canvas > 0)) {
      long length = in.little(at + 4, 4);
      if (in.has(at, "EXIF")) {
        orientation = Orientation.of(in.slice(at + 8, length));
      } else if (in.has(at, "VP8 ") || in.has(at, "VP8L")) {
        frame = frame == 0 ? at : frame;
      } else if (in.has(at, "ANMF") && frame == 0) {
        left = 2 * (int) in.little(at + 8, 3);
        top = 2 * (int) in.little(at + 11, 3);
        // Its chunks follow a header of 16 bytes.
        length = 16;
      }
      at += 8 + length + (length & 1);
    }
    if (frame == 0) {
      throw in.bad("a WebP file without a picture");
    }
    return frame(in, canvas, frame, left, top, orientation);
  }

  private static WebP frame(Input in, long canvas, long frame, int left, int top, int orientation) {
    long length = in.little(frame + 4, 4);
    byte[] data = in.slice(frame + 8, length);
    boolean lossy = in.has(frame, "VP8 ");
    int right = left;
    int bottom = top;
    if (lossy) {
      if (in.big(frame + 11, 3) != 0x9d012a) {
        throw in.bad("damaged WEBP data: no key frame");
      }
      right += (int) in.little(frame + 14, 2) & 0x3fff;
      bottom += (int) in.little(frame + 16, 2) & 0x3fff;
    } else {
      long sizes = in.little(frame + 9, 4);
      right += 1 + (int) (sizes & 0x3fff);
      bottom += 1 + (int) (sizes >> 14 & 0x3fff);
    }
    int width = canvas == 0 ? right : 1 + (int) in.little(canvas + 4, 3);
    int height = canvas == 0 ? bottom : 1 + (int) in.little(canvas + 7, 3);
    in.checkSize(width, height);
    in.checkSize(right - left, bottom - top);
    if (right > width || bottom > height) {
      throw in.bad(
          "a WebP frame of up to %s×%s pixels leaves its canvas of %s×%s"
              .formatted(right, bottom, width, height));
    }
    if (lossy) {
      in.checkPlausible((long) (right - left) * (bottom - top), length * MAX_LOSSY_RATIO);
    }
    ByteBuffer stream =
        ByteBuffer.allocate(20 + data.length + data.length % 2).order(ByteOrder.LITTLE_ENDIAN);
    stream.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(stream.capacity() - 8);
    stream.put("WEBP".getBytes(StandardCharsets.US_ASCII)).put(in.slice(frame, 4));
    stream.putInt(data.length).put(data);
    return new WebP(in, width, height, left, top, orientation, stream.array());
  }

  /** Of the lossy decoder most is garbage, and time: 24 megapixels take about three seconds. */
  @Override
  public long memory() {
    return 10L * width * height;
  }

  @Override
  public RgbImage decode() {
    Raster raster =
        Decoder.plugIn(
            in,
            "WebP",
            PLUG_IN,
            stream,
            decoder -> {
              // Near the end of a stream the decoder has been seen to read sizes a byte too early.
              if ((long) decoder.getWidth(0) * decoder.getHeight(0) > (long) width * height) {
                throw new IOException("cut short");
              }
              return decoder.read(0).getRaster();
            });
    RgbImage frame = Samples.rgb(in, raster);
    if (frame.width() == width && frame.height() == height) {
      return frame;
    }
    return Samples.onCanvas(width, height, BLACK, frame, left, top);
  }
}
