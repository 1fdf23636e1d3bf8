package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A folder with a folder for each class, or with folders {@code train}, {@code validation} (or
 * {@code val}, {@code valid}) and {@code test} that have those. Hidden files and files that are not
 * called like pictures do not count.
 */
final class ClassFolders {
  private static final System.Logger LOG = System.getLogger(ClassFolders.class.getName());

  private ClassFolders() {}

  static Listing list(Path root) {
    List<Path> folders = folders(root);
    Map<Split, Path> splits = new EnumMap<>(Split.class);
    for (Path folder : folders) {
      Split.named(folder.getFileName().toString())
          .map(split -> splits.put(split, folder))
          .ifPresent(other -> {
            throw new MobileNetException(
                "%s: both %s and %s, expected one of them"
                    .formatted(root, other.getFileName(), folder.getFileName()));
          });
    }
    List<Listing.Entry> entries = new ArrayList<>();
    // Beside other folders, a lone "train" is a class: perhaps of vehicles.
    if (splits.isEmpty() || splits.size() == 1 && folders.size() > 1) {
      addClasses(Split.TRAIN, root, entries);
    } else {
      if (splits.size() < folders.size()) {
        LOG.log(Level.WARNING, () -> root + ": only " + splits.values() + " are read");
      }
      splits.forEach((split, folder) -> addClasses(split, folder, entries));
    }
    return new Listing(root.toString(), root, entries);
  }

  private static void addClasses(Split split, Path root, List<Listing.Entry> entries) {
    List<Path> classes = folders(root);
    if (classes.isEmpty()) {
      throw new MobileNetException(
          root + ": no folders in it, expected one with pictures for each class");
    }
    for (Path folder : classes) {
      List<Path> images = images(folder);
      if (images.isEmpty()) {
        LOG.log(Level.WARNING, () -> folder + ": no pictures in it, left out");
      }
      String name = folder.getFileName().toString();
      images.forEach(file -> entries.add(new Listing.Entry(split, name, file)));
    }
  }

  private static List<Path> folders(Path root) {
    try (Stream<Path> files = Files.list(root)) {
      return sorted(files.filter(Files::isDirectory).filter(ClassFolders::isVisible));
    } catch (IOException | UncheckedIOException e) {
      throw unreadable(root, e);
    }
  }

  private static List<Path> images(Path folder) {
    try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return sorted(files.filter(ClassFolders::isNamedImage).filter(Files::isRegularFile));
    } catch (IOException | UncheckedIOException e) {
      throw unreadable(folder, e);
    }
  }

  /** Sorts by characters, as not every file system's own order does. */
  private static List<Path> sorted(Stream<Path> files) {
    return files.sorted((a, b) -> a.toString().compareTo(b.toString())).toList();
  }

  private static boolean isNamedImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return isVisible(file) && ImageReader.endings().stream().anyMatch(name::endsWith);
  }

  private static boolean isVisible(Path file) {
    return !file.getFileName().toString().startsWith(".");
  }

  private static MobileNetException unreadable(Path folder, Exception cause) {
    return cause instanceof UncheckedIOException e
        ? unreadable(folder, e.getCause())
        : MobileNetException.cannot("read", folder, (IOException) cause);
  }
}
