package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Picture files with the names of their classes: what a folder and a table have in common.
 *
 * @param source the folder or table, for messages
 * @param root where the files lie, as far as they lie together
 */
record Listing(String source, Path root, List<Entry> entries) {
  /** A picture file. */
  record Entry(Split split, String className, Path file) {}

  /** Returns the pictures, with the classes of all splits in the order of their names. */
  Map<Split, Dataset> datasets() {
    List<String> classes =
        List.copyOf(new TreeSet<>(entries.stream().map(Entry::className).toList()));
    if (classes.size() < 2) {
      throw new MobileNetException(
          "%s: classes are %s, expected at least two".formatted(source, classes));
    }
    return Arrays.stream(Split.values())
        .collect(Collectors.toMap(split -> split, split -> dataset(classes, split)));
  }

  private Dataset dataset(List<String> classes, Split split) {
    List<Entry> chosen = entries.stream().filter(entry -> entry.split == split).toList();
    ImageReader reader = new ImageReader();
    return Dataset.of(
        classes,
        chosen.stream().map(entry -> entry.file.toString()).toList(),
        chosen.stream()
            .mapToInt(entry -> Collections.binarySearch(classes, entry.className))
            .toArray(),
        i -> reader.read(chosen.get(i).file),
        i -> identity(chosen.get(i).file));
  }

  /** Returns the path from the root, so that a folder may be moved, and the size. */
  private String identity(Path file) {
    Path path = file.startsWith(root) ? root.relativize(file) : file;
    try {
      return path + " " + Files.size(file);
    } catch (NoSuchFileException | AccessDeniedException _) {
      return path.toString();
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }
}
