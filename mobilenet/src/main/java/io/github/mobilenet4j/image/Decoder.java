package io.github.mobilenet4j.image;

import java.awt.image.Raster;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A decoder found through {@code javax.imageio}. What it returns is used as a raster of stored
 * samples only: Java's own colour conversions differ from everybody else's, and loading them would
 * double the time to the first picture.
 */
final class Decoder {
  private Decoder() {}

  /** How to ask a decoder for the first picture. */
  interface Call {
    Raster read(javax.imageio.ImageReader decoder) throws IOException;
  }

  /** Decodes with a decoder that is a part of Java, whatever plug-ins the application has. */
  static Raster platform(Input in, String format, byte[] stream, Call call) {
    return decode(in, format, true, "the module java.desktop", stream, call);
  }

  /** Decodes with any decoder, which {@code artifact} would bring. */
  static Raster plugIn(Input in, String format, String artifact, byte[] stream, Call call) {
    return decode(in, format, false, artifact, stream, call);
  }

  private static Raster decode(
      Input in, String format, boolean platform, String provider, byte[] stream, Call call) {
    javax.imageio.ImageReader decoder = find(format, platform);
    if (decoder == null) {
      throw in.bad(
          "a %s picture, and no decoder for it is there: add %s".formatted(format, provider));
    }
    try {
      Stream input = new Stream(stream);
      decoder.setInput(input, true, true);
      Raster raster = call.read(decoder);
      if (platform && input.exhausted) {
        throw in.bad("cut short: its " + format + " data ends too early");
      }
      return raster;
    } catch (IOException
        | IllegalArgumentException
        | IllegalStateException
        | IndexOutOfBoundsException
        | NegativeArraySizeException
        | NullPointerException
        | ArithmeticException
        | ClassCastException e) {
      throw in.bad("damaged %s data: %s".formatted(format, e.getMessage()), e);
    } finally {
      decoder.dispose();
    }
  }

  private static javax.imageio.ImageReader find(String format, boolean platform) {
    Iterator<javax.imageio.ImageReader> decoders = ImageIO.getImageReadersByFormatName(format);
    while (decoders.hasNext()) {
      javax.imageio.ImageReader decoder = decoders.next();
      if (!platform || decoder.getClass().getModule() == ImageIO.class.getModule()) {
        return decoder;
      }
    }
    return null;
  }

  /** A byte array that remembers whether it was read beyond its end. */
  private static final class Stream extends ImageInputStreamImpl {
    private final byte[] bytes;
    private boolean exhausted;

    Stream(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() {
      bitOffset = 0;
      if (streamPos >= bytes.length) {
        exhausted = true;
        return -1;
      }
      return bytes[(int) streamPos++] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int count) {
      bitOffset = 0;
      if (count > 0 && streamPos >= bytes.length) {
        exhausted = true;
        return -1;
      }
      int n = (int) Math.min(count, bytes.length - streamPos);
      System.arraycopy(bytes, (int) streamPos, to, offset, n);
      streamPos += n;
      return n;
    }

    @Override
    public long length() {
      return bytes.length;
    }
  }
}
