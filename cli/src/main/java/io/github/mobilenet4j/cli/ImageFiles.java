package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The pictures that a path stands for. */
final class ImageFiles {
  /** What stands for bytes that are no UTF-8. */
  private static final String REPLACEMENT = "\ufffd";

  private ImageFiles() {}

  /** A path, or the address of one, which can name any file: {@code file:///a/%FF.png}. */
  static final class PathConverter implements ITypeConverter<Path> {
    @Override
    public Path convert(String text) {
      try {
        return text.startsWith("file:") ? Path.of(URI.create(text)) : Path.of(text);
      } catch (IllegalArgumentException | FileSystemNotFoundException e) {
        throw new TypeConversionException("'%s' names no file: %s".formatted(text, e.getMessage()));
      }
    }
  }

  /** Returns whether a path's text leads back to it: not where a name is no UTF-8. */
  static boolean hasText(Path path) {
    return Path.of(path.toString()).equals(path);
  }

  /**
   * Returns a file as it is, whatever its name; of a folder all files under it, at any depth, that
   * are called like pictures, sorted.
   *
   * @param faults receives the folders under it that cannot be read, and why
   * @throws MobileNetException if a folder holds no picture, or there cannot be such a file
   */
  static List<Path> of(Path path, BiConsumer<Path, MobileNetException> faults) {
    if (!Files.isDirectory(path)) {
      if (path.toString().contains(REPLACEMENT) && hasText(path) && !Files.exists(path)) {
        throw new MobileNetException(
            path
                + ": no such file. If its name is no UTF-8, name its folder, or its address:"
                + " file:///…/%FF.png has a byte of 255");
      }
      return List.of(path);
    }
    Walk walk = new Walk(faults);
    try {
      Files.walkFileTree(path, walk);
    } catch (IOException e) {
      throw MobileNetException.cannot("read", path, e);
    }
    if (walk.images.isEmpty() && walk.complete) {
      throw new MobileNetException(path + ": a folder without pictures");
    }
    return walk.images.stream().sorted().toList();
  }

  private static final class Walk extends SimpleFileVisitor<Path> {
    private final BiConsumer<Path, MobileNetException> faults;
    private final List<Path> images = new ArrayList<>();
    private boolean complete = true;

    Walk(BiConsumer<Path, MobileNetException> faults) {
      this.faults = faults;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (isNamedImage(file) && Files.isRegularFile(file)) {
        images.add(file);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException fault) {
      complete = false;
      faults.accept(file, MobileNetException.cannot("read", file, fault));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException fault) {
      return fault == null ? FileVisitResult.CONTINUE : visitFileFailed(folder, fault);
    }
  }

  private static boolean isNamedImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && ImageReader.endings().stream().anyMatch(name::endsWith);
  }
}
