package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.image.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;

/**
 * The WordNet numbers of ImageNet's 1,000 classes, as its folders are called: {@code n01440764} is
 * the tench. Their order is that of {@link Labels#imagenet}; {@code docs/imagenet-labels.md} tells
 * where they are from.
 */
final class WordNet {
  private static final String NUMBER = "n[0-9]{8}";

  private WordNet() {}

  /** Returns the place among ImageNet's classes of a folder that is called so, −1 for others. */
  static int index(String folder) {
    return folder.matches(NUMBER)
        ? Math.max(Collections.binarySearch(Numbers.ALL, folder), -1)
        : -1;
  }

  /** Read when first asked for. */
  private static final class Numbers {
    static final List<String> ALL = numbers();
  }

  private static List<String> numbers() {
    try (InputStream in = WordNet.class.getResourceAsStream("imagenet-wordnet.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
