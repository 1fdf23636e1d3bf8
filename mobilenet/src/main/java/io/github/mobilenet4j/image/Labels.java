package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Reading;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
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
   * Reads the names from a text file in UTF-8, one a line.
   *
   * @throws MobileNetException if it cannot be read, is not UTF-8, or has more than 5 MB
   */
  public static Labels read(Path file) {
    return Reading.of(file, () -> new Labels(text(file).lines().toList()));
  }

  private static String text(Path file) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Reading.bytes(file, MOST_BYTES)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new MobileNetException(
          file + ": is not UTF-8, expected names of classes, one a line", e);
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
