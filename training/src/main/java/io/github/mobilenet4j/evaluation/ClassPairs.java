package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.image.Labels;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Which class of a second model each class of a first one is.
 *
 * @param index by class of the first; −1 for one that the second does not have
 */
@SuppressWarnings("ArrayRecordComponent")
record ClassPairs(int[] index) {
  private static final int ABSENT = -1;
  private static final int AMBIGUOUS = -2;

  /** Classes of ImageNet with the background that TensorFlow puts first. */
  private static final int IMAGENET_WITH_BACKGROUND = 1001;

  /**
   * Pairs classes in their order. Where one model has a background class first, and but for that as
   * many as the other, it is left out. Models of different numbers of classes have no pairs else.
   */
  static ClassPairs byOrder(Labels first, Labels second) {
    int more = first.names().size() - second.names().size();
    boolean paired =
        switch (more) {
          case -1 -> backgroundFirst(second);
          case 0 -> true;
          case 1 -> backgroundFirst(first);
          default -> false;
        };
    return new ClassPairs(
        IntStream.range(0, first.names().size())
            .map(i -> paired && i >= more ? i - more : ABSENT)
            .toArray());
  }

  /**
   * Pairs classes of the same name, be they elsewhere in the order; what is left over is paired in
   * its order. {@link ClassMatch} says when names are the same. Without names on either side there
   * is the order only.
   */
  static ClassPairs byName(Labels first, Labels second) {
    ClassPairs order = byOrder(first, second);
    if (first.areNumbered() || second.areNumbered()) {
      return order;
    }
    List<String> names = spoken(first);
    List<String> others = spoken(second);
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < others.size(); i++) {
      places.merge(others.get(i), i, (_, _) -> AMBIGUOUS);
    }
    int[] index = new int[names.size()];
    Arrays.fill(index, ABSENT);
    boolean[] taken = new boolean[others.size()];
    // Names that stand twice, as ImageNet's two cranes do, are told apart by their place.
    pair(
        index,
        taken,
        i ->
            order.index[i] >= 0 && names.get(i).equals(others.get(order.index[i]))
                ? order.index[i]
                : ABSENT);
    pair(index, taken, i -> places.getOrDefault(names.get(i), ABSENT));
    pair(index, taken, i -> order.index[i]);
    return new ClassPairs(index);
  }

  private static void pair(int[] index, boolean[] taken, IntUnaryOperator candidate) {
    for (int i = 0; i < index.length; i++) {
      int other = candidate.applyAsInt(i);
      if (index[i] < 0 && other >= 0 && !taken[other]) {
        index[i] = other;
        taken[other] = true;
      }
    }
  }

  private static boolean backgroundFirst(Labels labels) {
    return labels.areNumbered()
        ? labels.names().size() == IMAGENET_WITH_BACKGROUND
        : spoken(labels).getFirst().equals("background");
  }

  private static List<String> spoken(Labels labels) {
    return labels.names().stream().map(ClassMatch::spoken).toList();
  }

  /** Returns how many classes have a pair. */
  int size() {
    return (int) Arrays.stream(index).filter(i -> i >= 0).count();
  }

  /** Returns whether the same classes are pairs. */
  boolean sameAs(ClassPairs other) {
    return Arrays.equals(index, other.index);
  }
}
