package io.github.mobilenet4j.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The pictures that {@code src/test/python/pictures.py} made, and what Pillow made of them. */
final class Pictures {
  private static final byte[] EXPECTED = bytes("expected.rgb");

  private Pictures() {}

  static byte[] bytes(String name) {
    try (InputStream in = Pictures.class.getResourceAsStream("/pictures/" + name)) {
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

  static RgbImage expected(int height, int width, int offset) {
    return new RgbImage(
        height, width, Arrays.copyOfRange(EXPECTED, offset, offset + height * width * 3));
  }

  /** Where and by how much two pictures of the same size differ. */
  record Difference(int largest, double mean) {
    static Difference of(RgbImage a, RgbImage b) {
      if (a.height() != b.height() || a.width() != b.width()) {
        return new Difference(256, 256);
      }
      int largest = 0;
      long sum = 0;
      for (int i = 0; i < a.rgb().length; i++) {
        int d = Math.abs((a.rgb()[i] & 0xff) - (b.rgb()[i] & 0xff));
        largest = Math.max(largest, d);
        sum += d;
      }
      return new Difference(largest, (double) sum / a.rgb().length);
    }
  }
}
