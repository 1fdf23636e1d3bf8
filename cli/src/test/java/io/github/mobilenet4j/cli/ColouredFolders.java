package io.github.mobilenet4j.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** A folder of pictures that are easy to tell apart: noise with most red, green or blue. */
final class ColouredFolders {
  private ColouredFolders() {}

  static Path write(Path folder, int imagesOfAClass) {
    String[] classes = {"red", "green", "blue"};
    Random random = new Random(5);
    for (int c = 0; c < classes.length; c++) {
      for (int i = 0; i < imagesOfAClass; i++) {
        BufferedImage image = new BufferedImage(36, 36, BufferedImage.TYPE_INT_RGB);
        for (int at = 0; at < 36 * 36; at++) {
          int rgb = random.nextInt() & 0x7f7f7f | random.nextInt(256) << 16 - 8 * c;
          image.setRGB(at % 36, at / 36, rgb);
        }
        Path file = folder.resolve(classes[c]).resolve(i + ".png");
        try {
          Files.createDirectories(file.getParent());
          ImageIO.write(image, "png", file.toFile());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return folder;
  }
}
