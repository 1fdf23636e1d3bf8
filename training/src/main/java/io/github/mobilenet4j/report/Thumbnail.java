package io.github.mobilenet4j.report;

import io.github.mobilenet4j.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** A picture in a page: the whole file in the address (RFC 2397). */
final class Thumbnail {
  /** Below, JPEG's halved colours would show. */
  private static final int SMALL = 96;

  private Thumbnail() {}

  static Element of(RgbImage image, String description) {
    boolean small = image.width() < SMALL;
    String format = small ? "png" : "jpeg";
    String url = "data:image/" + format + ";base64," + base64(image, format);
    return Element.of("img")
        .with("src", url)
        .with("alt", description)
        .with("width", image.width())
        .with("height", image.height());
  }

  private static String base64(RgbImage image, String format) {
    BufferedImage buffered =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = image.rgb();
    int[] row = new int[image.width()];
    for (int y = 0, at = 0; y < image.height(); y++) {
      for (int x = 0; x < row.length; x++, at += 3) {
        row[x] = (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff;
      }
      buffered.setRGB(0, y, row.length, 1, row, 0, row.length);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(buffered, format, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // in memory
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
