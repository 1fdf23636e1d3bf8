package io.github.mobilenet4j.image;

import io.github.mobilenet4j.fuzz.FileBytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The pictures that {@code pictures.py} and {@code more_pictures.py} in {@code src/test/python}
 * made, and what Pillow made of them.
 */
final class TestImages {
  static final Difference EQUAL = new Difference(0, 0);

  private static final byte[] EXPECTED =
      new FileBytes().bytes(bytes("expected.rgb")).bytes(bytes("more.rgb")).toArray();

  private TestImages() {}

  static byte[] bytes(String name) {
    try (InputStream in = TestImages.class.getResourceAsStream("/pictures/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the rows of a table, without its headings. */
  static List<String[]> table(String name) {
    return new String(bytes(name), StandardCharsets.UTF_8)
        .lines()
        .skip(1)
        .map(line -> line.split(","))
        .toList();
  }

  /** How far a picture is from what is expected, in 1/255. */
  record Difference(int largest, double mean) {}

  /** Compares a picture with the pixels from {@code at} on in both files. */
  static Difference difference(RgbImage image, int height, int width, int at) {
    if (image.height() != height || image.width() != width) {
      throw new AssertionError(
          "%s×%s pixels, expected %s×%s".formatted(image.width(), image.height(), width, height));
    }
    int largest = 0;
    long sum = 0;
    for (int i = 0; i < image.rgb().length; i++) {
      int d = Math.abs((image.rgb()[i] & 0xff) - (EXPECTED[at + i] & 0xff));
      largest = Math.max(largest, d);
      sum += d;
    }
    return new Difference(largest, (double) sum / image.rgb().length);
  }

  /** Makes the checksums of a damaged PNG file right again, so that the damage gets further. */
  static void mendChecksums(byte[] png) {
    ByteBuffer bytes = ByteBuffer.wrap(png);
    int at = 8;
    while (at + 12 <= png.length) {
      int length = bytes.getInt(at);
      if (length < 0 || length > png.length - at - 12) {
        return;
      }
      CRC32 crc = new CRC32();
      crc.update(png, at + 4, length + 4);
      bytes.putInt(at + 8 + length, (int) crc.getValue());
      at += length + 12;
    }
  }
}
