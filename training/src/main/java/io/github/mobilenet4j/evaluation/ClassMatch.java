package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.files.Visible;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which of a model's classes each class of a data set is.
 *
 * @param index by class of the data set; −1 for one that has no pictures and is not in the model
 * @param byOrder whether no name was the same and they were paired in their order
 */
@SuppressWarnings("ArrayRecordComponent")
record ClassMatch(int[] index, boolean byOrder) {
  private static final int ABSENT = -1;
  private static final int AMBIGUOUS = -2;
  private static final int SHOWN = 10;

  /**
   * Pairs the classes by name. Case, spaces, underscores and hyphens do not count, nor does a
   * WordNet number in front of a folder's name ({@code n01440764_tench}) or what follows a comma in
   * a label ({@code tench, Tinca tinca}). Names that stand twice, as ImageNet's two cranes do, are
   * told apart by their place, if there are as many classes.
   *
   * <p>Where no name at all is the same, and there are as many, they are paired in their order; so
   * are the folders of ImageNet, whose names are numbers only. A first class called background is
   * left out of the order.
   *
   * @param labels the names of the model's classes
   * @throws MobileNetException if a class that has pictures is not found, or found twice
   */
  static ClassMatch of(Dataset data, List<String> labels) {
    Map<String, Integer> exact = new HashMap<>();
    Map<String, Integer> loose = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      exact.merge(labels.get(i), i, (_, _) -> AMBIGUOUS);
      loose.merge(spoken(labels.get(i)), i, (_, _) -> AMBIGUOUS);
    }
    int background = !labels.isEmpty() && spoken(labels.getFirst()).equals("background") ? 1 : 0;
    int[] index =
        IntStream.range(0, data.classes().size())
            .map(i -> {
              String name = data.classes().get(i);
              String spoken = withoutSpelling(name.replaceFirst("^n[0-9]{8}[ _-]", ""));
              int found = exact.getOrDefault(name, ABSENT);
              if (found == ABSENT) {
                found = loose.getOrDefault(spoken, ABSENT);
              }
              return found == AMBIGUOUS
                      && data.classes().size() == labels.size() - background
                      && spoken.equals(spoken(labels.get(i + background)))
                  ? i + background
                  : found;
            })
            .toArray();
    if (Arrays.stream(index).allMatch(i -> i == ABSENT)) {
      for (int left = 0; left <= background; left++) {
        if (index.length == labels.size() - left) {
          return new ClassMatch(IntStream.range(left, labels.size()).toArray(), true);
        }
      }
    }
    int[] counts = data.counts();
    for (int i = 0; i < index.length; i++) {
      if (counts[i] > 0 && index[i] < 0) {
        throw new MobileNetException(
            "class \"%s\" of the data is %s of the model's %s: %s"
                .formatted(
                    data.classes().get(i),
                    index[i] == ABSENT ? "none" : "more than one",
                    labels.size(),
                    Visible.first(labels, SHOWN)));
      }
    }
    return new ClassMatch(index, false);
  }

  /** Returns the name of a label, without its spelling and what follows a comma. */
  static String spoken(String label) {
    return withoutSpelling(label.split(",", 2)[0]);
  }

  private static String withoutSpelling(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", " ");
  }
}
