package io.github.mobilenet4j.image;

import java.awt.image.Raster;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Decoders found through {@code javax.imageio}. They only give the stored samples: Java's own
 * colour conversions differ from everybody else's, and loading them would double the time to the
 * first picture.
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
    Stream input = new Stream(stream);
    Raster raster;
    try {
      decoder.setInput(input, true, true);
      raster = call.read(decoder);
    } catch (IOException | RuntimeException | StackOverflowError e) {
      rethrowShortage(e);
      // Damaged pictures make decoders stumble over indices and nulls.
      throw in.bad("damaged %s data: %s".formatted(format, e.getMessage()), e);
    } finally {
      decoder.dispose();
    }
    if (platform && input.beyond > 0) {
      throw in.bad("cut short: its " + format + " data ends too early");
    }
    return raster;
  }

  /** Decoders wrap what they stumble over, and Java's PNG decoder also the want of memory. */
  private static void rethrowShortage(Throwable fault) {
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError shortage) {
        throw shortage;
      }
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

  /** A byte array that counts how often it was read beyond its end, and ends that at some point. */
  private static final class Stream extends ImageInputStreamImpl {
    // The WebP plug-in reads ahead, and takes what is missing for zeros, pixel after pixel.
    private static final int MOST_BEYOND = 64;

    private final byte[] bytes;
    private int beyond;

    Stream(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
      bitOffset = 0;
      if (streamPos >= bytes.length) {
        return end();
      }
      return bytes[(int) streamPos++] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int count) throws IOException {
      bitOffset = 0;
      if (count > 0 && streamPos >= bytes.length) {
        return end();
      }
      int n = (int) Math.min(count, bytes.length - streamPos);
      System.arraycopy(bytes, (int) streamPos, to, offset, n);
      streamPos += n;
      return n;
    }

    private int end() throws IOException {
      if (++beyond > MOST_BEYOND) {
        throw new IOException("the data ends too early");
      }
      return -1;
    }

    @Override
    public long length() {
      return bytes.length;
    }
  }
}
