package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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

  /** Copies the list. */
  public Labels {
    names = List.copyOf(names);
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
