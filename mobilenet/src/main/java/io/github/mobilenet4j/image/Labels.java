package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.files.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The names of the classes, by index.
 *
 * @param names one a class
 */
public record Labels(List<String> names) {
  private static final String IMAGENET = "imagenet.txt";

  /** No network has so many classes that their names take more. */
  private static final int MOST_BYTES = 5_000_000;

  /** Copies the list. */
  public Labels {
    names = List.copyOf(names);
  }

  /**
   * Reads the names from a file in UTF-8 (or UTF-16 that says so):
   *
   * <ul>
   *   <li>one a line; empty lines at the end do not count;
   *   <li>a number and a name a line ({@code 0 cat}, {@code 0: cat}, {@code 0,cat}), in any order,
   *       from 0 or from 1, with or without a heading such as {@code id,name}; or a WordNet number
   *       and a name;
   *   <li>JSON: a list of names, names by number, numbers by name, below {@code id2label}, {@code
   *       labels}, {@code names} or {@code classes} too, or a list of objects with name and number.
   * </ul>
   *
   * @throws MobileNetException if it cannot be read, is in another encoding, has numbers that are
   *     missing or there twice, JSON without names, or more than 5 MB
   */
  public static Labels read(Path file) {
    return Reading.of(file, () -> new Labels(LabelFile.names(file.toString(), text(file))));
  }

  private static String text(Path file) {
    try {
      return Text.of(file, Reading.bytes(file, MOST_BYTES));
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }

  /** Returns "class 0", "class 1", …, for weights that came without names. */
  public static Labels numbered(int classes) {
    return new Labels(IntStream.range(0, classes).mapToObj(i -> "class " + i).toList());
  }

  /**
   * Returns the names of the 1,000 classes of ImageNet (ILSVRC 2012) in their usual order, no two
   * the same. {@code docs/imagenet-labels.md} tells where they are from.
   */
  public static Labels imagenet() {
    try (InputStream in = Labels.class.getResourceAsStream(IMAGENET)) {
      return new Labels(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns "background" and then {@link #imagenet}: 1,001 names, as TensorFlow's networks have.
   */
  public static Labels imagenetWithBackground() {
    return new Labels(Stream.concat(Stream.of("background"), imagenet().names.stream()).toList());
  }

  /** Returns whether these are {@link #numbered} labels, which name nothing. */
  public boolean areNumbered() {
    return equals(numbered(names.size()));
  }

  /**
   * Returns the name of a class.
   *
   * @throws MobileNetException if there is no such class
   */
  public String name(int index) {
    if (index < 0 || index >= names.size()) {
      throw new MobileNetException("no class " + index + ", there are " + names.size());
    }
    return names.get(index);
  }
}
