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

  static Element of(RgbImage picture, String description) {
    boolean small = picture.width() < SMALL;
    String format = small ? "png" : "jpeg";
    String url = "data:image/" + format + ";base64," + base64(picture, format);
    return Element.of("img")
        .with("src", url)
        .with("alt", description)
        .with("width", picture.width())
        .with("height", picture.height());
  }

  private static String base64(RgbImage picture, String format) {
    BufferedImage image =
        new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = picture.rgb();
    int[] row = new int[picture.width()];
    for (int y = 0, at = 0; y < picture.height(); y++) {
      for (int x = 0; x < row.length; x++, at += 3) {
        row[x] = (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff;
      }
      image.setRGB(0, y, row.length, 1, row, 0, row.length);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, format, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // in memory
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
