package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The WordNet numbers of ImageNet's 1,000 classes, as its folders are called: {@code n01440764} is
 * the tench. Their order is that of {@link Labels#imagenet}; {@code docs/imagenet-labels.md} tells
 * where they are from.
 */
public final class WordNet {
  private static final String NUMBER = "n[0-9]{8}";

  private WordNet() {}

  /** Returns the place among ImageNet's classes of a folder that is called so, −1 for others. */
  static int index(String folder) {
    return folder.matches(NUMBER)
        ? Math.max(Collections.binarySearch(Numbers.ALL, folder), -1)
        : -1;
  }

  /**
   * Returns the WordNet numbers of a model's classes, in their order: what its metadata says, else
   * ImageNet's if it has its labels, an empty text for the background. Empty if neither.
   */
  public static List<String> numbers(Model model) {
    int classes = model.network().classes();
    String own = model.metadata().get(Model.WORDNET);
    if (own != null) {
      List<String> numbers = List.of(own.split(" "));
      return numbers.size() == classes ? numbers : List.of();
    }
    if (!areImageNet(model.labels())) {
      return List.of();
    }
    List<String> numbers = new ArrayList<>(Numbers.ALL);
    if (classes > numbers.size()) {
      numbers.addFirst("");
    }
    return numbers;
  }

  /**
   * Whether the labels are those of ImageNet in their order, but for a few that differ in words.
   */
  static boolean areImageNet(Labels labels) {
    List<String> names = Names.spoken(labels);
    int background = names.size() - Numbers.ALL.size();
    if (background != 0 && background != 1) {
      return false;
    }
    List<String> imageNet = Names.spoken(Labels.imagenet());
    long same =
        IntStream.range(0, Numbers.ALL.size())
            .filter(i -> imageNet.get(i).equals(names.get(i + background)))
            .count();
    return same > 0.9 * Numbers.ALL.size();
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
