package io.github.mobilenet4j.image;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * JPEG (ITU-T T.81) with JFIF's and Adobe's markers.
 *
 * <p>The decoder gets the tables, frames and scans only, and gives back the stored components; the
 * colours are computed here by the rules of libjpeg and Pillow. So CMYK and YCCK pictures need no
 * plug-in, and no profile or comment can disturb.
 *
 * @param colours what the components mean
 * @param halfRows the components that have all columns and half of the rows
 * @param coefficients of a progressive file, which the decoder keeps all; else 0
 * @param orientation EXIF's, 1..8
 * @param stream the file without its application segments and comments
 */
@SuppressWarnings("ArrayRecordComponent")
record Jpeg(
    Input in,
    int width,
    int height,
    Colours colours,
    BitSet halfRows,
    long coefficients,
    int orientation,
    byte[] stream)
    implements EncodedImage {
  private static final int SOF0 = 0xc0;
  private static final int SOF2 = 0xc2;
  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;
  private static final int APP15 = 0xef;
  private static final int COM = 0xfe;

  // Files in use have about ten.
  private static final int MAX_SCANS = 200;

  private static final int ALL = -1;

  enum Colours {
    GREY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }

  static Jpeg of(Input in) {
    Header header = new Header(in);
    long at = nextMarker(in, 2);
    while (in.octet(at - 1) != SOS) {
      at = nextMarker(in, header.add(in.octet(at - 1), at));
    }
    if (header.frame == 0) {
      throw in.bad("a JPEG file without a frame header");
    }
    checkFrame(in, header.frame, in.length() - at);
    checkScans(in, header.frame, at);
    header.stream.writeBytes(in.slice(at - 2, in.length() - at + 2));
    return new Jpeg(
        in,
        (int) in.big(header.frame + 5, 2),
        (int) in.big(header.frame + 3, 2),
        header.colours(),
        halfRows(in, header.frame),
        in.octet(header.frame - 1) == SOF2 ? samples(in, header.frame, ALL) : 0,
        header.orientation,
        header.stream.toByteArray());
  }

  /** What stands before the first scan. */
  private static final class Header {
    private final Input in;
    private final ByteArrayOutputStream stream;
    private long frame;
    private boolean jfif;
    private int transform = -1;
    private boolean exif;
    private int orientation = Orientation.UPRIGHT;

    Header(Input in) {
      this.in = in;
      stream = new ByteArrayOutputStream(in.length());
      stream.writeBytes(in.slice(0, 2));
    }

    /**
     * Takes a segment.
     *
     * @param at the place after its marker
     * @return the place after the segment
     */
    long add(int marker, long at) {
      if (marker == EOI || marker == SOI) {
        throw in.bad("a JPEG file without a picture");
      }
      if (standsAlone(marker)) {
        return at;
      }
      int length = (int) in.big(at, 2);
      if (length < 2) {
        throw in.bad("damaged JPEG data: a segment of length %s".formatted(length));
      }
      byte[] data = in.slice(at + 2, length - 2);
      if (marker == APP0 && data.length >= 14 && in.has(at + 2, "JFIF\0")) {
        jfif = true;
      } else if (marker == APP14 && data.length >= 12 && in.has(at + 2, "Adobe")) {
        transform = data[11] & 0xff;
      } else if (marker == APP1 && !exif && in.has(at + 2, "Exif\0")) {
        exif = true;
        orientation = Orientation.of(data);
      } else if (isFrame(marker)) {
        frame = at;
      }
      if (marker < APP0 || marker > APP15 && marker != COM) {
        stream.writeBytes(in.slice(at - 2, length + 2));
      }
      return at + length;
    }

    /** libjpeg's rule, default_decompress_parms: markers first, then the components' names. */
    Colours colours() {
      return switch (in.octet(frame + 7)) {
        case 1 -> Colours.GREY;
        case 4 -> transform <= 0 ? Colours.CMYK : Colours.YCCK;
        default -> {
          boolean named =
              in.octet(frame + 8) == 'R'
                  && in.octet(frame + 11) == 'G'
                  && in.octet(frame + 14) == 'B';
          boolean rgb = !jfif && (transform == 0 || transform < 0 && named);
          yield rgb ? Colours.RGB : Colours.YCC;
        }
      };
    }
  }

  /** Returns the place after the next marker's code; skips what libjpeg skips. */
  private static long nextMarker(Input in, long at) {
    while (in.octet(at) != 0xff || in.octet(at + 1) == 0 || in.octet(at + 1) == 0xff) {
      at++;
    }
    return at + 2;
  }

  private static boolean standsAlone(int marker) {
    return marker == 1 || marker >= 0xd0 && marker <= 0xd7;
  }

  /** SOF0..SOF15 without DHT, JPG and DAC, which lie between them. */
  private static boolean isFrame(int marker) {
    return marker >= SOF0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static void checkFrame(Input in, long at, long dataBytes) {
    int kind = in.octet(at - 1);
    int precision = in.octet(at + 2);
    long height = in.big(at + 3, 2);
    long width = in.big(at + 5, 2);
    int components = in.octet(at + 7);
    in.checkSize(width, height);
    if (kind > SOF2) {
      throw in.bad("a JPEG of kind SOF%s, expected SOF0 to SOF2".formatted(kind - SOF0));
    }
    if (precision != 8) {
      throw in.bad("a JPEG of %s bits a sample, expected 8".formatted(precision));
    }
    if (components != 1 && components != 3 && components != 4) {
      throw in.bad("a JPEG of %s components, expected 1, 3 or 4".formatted(components));
    }
    // Each 8×8 block costs a bit at least: the code of its DC coefficient.
    in.checkPlausible(samples(in, at, ALL) / 64, dataBytes * 8);
  }

  /**
   * Returns the samples of the components of a frame that are called so.
   *
   * @param name a component's name, or {@link #ALL}
   */
  private static long samples(Input in, long frame, int name) {
    long height = in.big(frame + 3, 2);
    long width = in.big(frame + 5, 2);
    int components = in.octet(frame + 7);
    int widest = 1;
    int highest = 1;
    for (int c = 0; c < components; c++) {
      widest = Math.max(widest, in.octet(frame + 9 + 3 * c) >> 4);
      highest = Math.max(highest, in.octet(frame + 9 + 3 * c) & 15);
    }
    long samples = 0;
    for (int c = 0; c < components; c++) {
      int sampling = in.octet(frame + 9 + 3 * c);
      if (name == ALL || name == in.octet(frame + 8 + 3 * c)) {
        samples += (width * (sampling >> 4) / widest) * (height * (sampling & 15) / highest);
      }
    }
    return samples;
  }

  private static BitSet halfRows(Input in, long frame) {
    int components = in.octet(frame + 7);
    int[] sampling =
        IntStream.range(0, components).map(c -> in.octet(frame + 9 + 3L * c)).toArray();
    int widest = Arrays.stream(sampling).map(s -> s >> 4).max().orElse(0);
    int highest = Arrays.stream(sampling).map(s -> s & 15).max().orElse(0);
    BitSet half = new BitSet();
    for (int c = 0; c < components; c++) {
      half.set(c, sampling[c] >> 4 == widest && (sampling[c] & 15) * 2 == highest);
    }
    return half;
  }

  /** Checks how much the scans go over: each is a pass over its components, whatever its length. */
  private static void checkScans(Input in, long frame, long at) {
    byte[] bytes = in.bytes();
    long most = in.limits().jpegSamples(in.length());
    long samples = 0;
    int scans = 0;
    for (int i = (int) at - 2; i < bytes.length - 1; i++) {
      if (bytes[i] == (byte) 0xff && bytes[i + 1] == (byte) SOS) {
        scans++;
        // A scan that is cut short may have any components.
        int components = i + 4 < bytes.length ? bytes[i + 4] & 0xff : 0;
        for (int c = 0; c < components && i + 5 + 2 * c < bytes.length; c++) {
          samples += samples(in, frame, bytes[i + 5 + 2 * c] & 0xff);
        }
        if (scans > MAX_SCANS || samples > most) {
          throw in.bad(
              "a JPEG whose %s scans go over %s samples, expected at most %s scans and %s samples"
                  .formatted(scans, samples, MAX_SCANS, most));
        }
      }
    }
  }

  /** Samples become colours in place where there are three. */
  @Override
  public long memory() {
    long pixels = (long) width * height;
    return 2 * coefficients
        + switch (colours) {
          case RGB, YCC -> 3 * pixels;
          case GREY -> 4 * pixels;
          case CMYK, YCCK -> 7 * pixels;
        };
  }

  @Override
  public RgbImage decode() {
    Raster raster = Decoder.platform(in, "JPEG", stream, decoder -> decoder.readRaster(0, null));
    byte[] samples = Samples.interleaved(raster);
    int pixels = width * height;
    if (raster.getWidth() != width
        || raster.getHeight() != height
        || samples.length != (long) pixels * raster.getNumBands()) {
      throw in.bad("damaged JPEG data: its scans do not fit its header");
    }
    for (int c = 0; c < raster.getNumBands(); c++) {
      if (halfRows.get(c)) {
        interpolateRows(samples, c, raster.getNumBands());
      }
    }
    return new RgbImage(
        height,
        width,
        switch (colours) {
          case RGB -> samples;
          case GREY -> tripled(samples);
          case YCC -> yccToRgb(samples, 3);
          case CMYK -> cmykToRgb(samples);
          case YCCK -> cmykToRgb(inverted(yccToRgb(samples, 4)));
        });
  }

  /**
   * Interpolates the rows of a component that is stored with half of them and all columns, in
   * place. The decoder, libjpeg 6b, has each twice; libjpeg-turbo weighs it 3 to 1 with the one
   * that is next nearest (jdsample.c, h1v2_fancy_upsample), as both do for half the columns, and
   * for half of both.
   */
  private void interpolateRows(byte[] samples, int component, int step) {
    int row = width * step;
    byte[] above = new byte[width];
    byte[] here = new byte[width];
    for (int y = 0; y < height; y += 2) {
      for (int x = 0, i = y * row + component; x < width; x++, i += step) {
        here[x] = samples[i];
        int near = 3 * (here[x] & 0xff);
        samples[i] = (byte) (near + ((y == 0 ? here : above)[x] & 0xff) + 1 >> 2);
        if (y + 1 < height) {
          int next = (y + 2 < height ? samples[i + 2 * row] : here[x]) & 0xff;
          samples[i + row] = (byte) (near + next + 2 >> 2);
        }
      }
      byte[] free = above;
      above = here;
      here = free;
    }
  }

  private static byte[] tripled(byte[] grey) {
    byte[] rgb = new byte[grey.length * 3];
    for (int i = 0; i < grey.length; i++) {
      Arrays.fill(rgb, 3 * i, 3 * i + 3, grey[i]);
    }
    return rgb;
  }

  /**
   * ITU-T T.871, section 7, in place, in libjpeg's 16-bit fixed point.
   *
   * @param step components a pixel; a fourth stays as it is
   */
  private static byte[] yccToRgb(byte[] samples, int step) {
    for (int i = 0; i < samples.length; i += step) {
      int y = (samples[i] & 0xff) << 16 | 0x8000;
      int cb = (samples[i + 1] & 0xff) - 128;
      int cr = (samples[i + 2] & 0xff) - 128;
      samples[i] = clamp((y + 91881 * cr) >> 16);
      samples[i + 1] = clamp((y - 22554 * cb - 46802 * cr) >> 16);
      samples[i + 2] = clamp((y + 116130 * cb) >> 16);
    }
    return samples;
  }

  private static byte clamp(int v) {
    return (byte) Math.clamp(v, 0, 255);
  }

  /** YCCK holds RGB = 255 − CMY. K is not transformed. */
  private static byte[] inverted(byte[] cmyk) {
    for (int i = 0; i < cmyk.length; i++) {
      cmyk[i] = (byte) (i % 4 == 3 ? cmyk[i] : ~cmyk[i]);
    }
    return cmyk;
  }

  /** Without a profile: each colour is what its ink and black leave. Adobe stores 255 − ink. */
  private static byte[] cmykToRgb(byte[] cmyk) {
    byte[] rgb = new byte[cmyk.length / 4 * 3];
    for (int i = 0, o = 0; i < cmyk.length; i += 4) {
      for (int c = 0; c < 3; c++) {
        rgb[o++] = Samples.inked(~cmyk[i + c], ~cmyk[i + 3]);
      }
    }
    return rgb;
  }
}
