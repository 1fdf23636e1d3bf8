package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The pictures that a path stands for. */
final class PictureFiles {
  private PictureFiles() {}

  /**
   * Returns a file as it is, whatever its name; of a folder all files under it, at any depth, that
   * are called like pictures, sorted.
   *
   * @throws MobileNetException if a folder cannot be read or holds no picture
   */
  static List<Path> of(Path path) {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> pictures =
          files
              .filter(PictureFiles::isCalledPicture)
              .filter(Files::isRegularFile)
              .sorted()
              .toList();
      if (pictures.isEmpty()) {
        throw new MobileNetException(path + ": a folder without pictures");
      }
      return pictures;
    } catch (IOException | UncheckedIOException e) {
      throw new MobileNetException(path + ": the folder cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean isCalledPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && ImageReader.endings().stream().anyMatch(name::endsWith);
  }
}
