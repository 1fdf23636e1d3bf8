package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.weights.Model;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which class of a model each class of a data set or of another model is.
 *
 * <p>Names are the same whatever their case, spaces, underscores and hyphens, without what follows
 * a comma in a label ({@code tench, Tinca tinca}) or a WordNet number in front of a folder's name
 * ({@code n01440764_tench}); a WordNet number alone is the class of ImageNet that has it. Names
 * that stand twice, as ImageNet's two cranes do, are told apart by their place in the order.
 *
 * @param index by class of the first; −1 for one that the second does not have
 * @param byOrder whether no name was asked for, or none was the same
 */
@SuppressWarnings("ArrayRecordComponent")
record ClassPairs(int[] index, boolean byOrder) {
  private static final int ABSENT = -1;
  private static final int AMBIGUOUS = -2;
  private static final int SHOWN = 10;

  private static final int IMAGENET = 1000;

  /** Classes of ImageNet with the background that TensorFlow puts first. */
  private static final int IMAGENET_WITH_BACKGROUND = 1 + IMAGENET;

  /**
   * Pairs the classes of a data set with a model's: by WordNet numbers where the model has {@link
   * Model#WORDNET} and the folders are called by them, else by name.
   *
   * @throws MobileNetException as {@link #of(Dataset, Labels)}
   */
  static ClassPairs of(Dataset data, Model model) {
    List<String> numbers = WordNet.numbers(model);
    int[] index = data.classes().stream().mapToInt(name -> numbers.indexOf(number(name))).toArray();
    int[] counts = data.counts();
    return IntStream.range(0, index.length).allMatch(i -> index[i] >= 0 || counts[i] == 0)
        ? new ClassPairs(index, false)
        : of(data, model.labels());
  }

  /**
   * Pairs the classes of a data set with a model's by name. Where no name at all is the same, and
   * there are as many, they are paired in their order; so are the folders of ImageNet, whose names
   * are numbers only. A first class called background is left out of the order.
   *
   * @param labels the names of the model's classes
   * @throws MobileNetException if a class that has images is not found, or found twice
   */
  static ClassPairs of(Dataset data, Labels labels) {
    return of(data.classes(), data.counts(), labels);
  }

  /**
   * Pairs the classes of a student with its teacher's: by WordNet numbers where both have them, or
   * the student's classes are called by them, else by name.
   *
   * @throws MobileNetException if a class of the student is not found, two are the same of the
   *     teacher's, or no name is the same, so that there is only their order
   */
  static ClassPairs ofTeacher(Model student, Model teacher) {
    List<String> names = student.labels().names();
    List<String> taught = WordNet.numbers(teacher);
    List<String> numbers = WordNet.numbers(student);
    int[] index =
        (numbers.isEmpty() ? names : numbers)
            .stream().map(ClassPairs::number).mapToInt(taught::indexOf).toArray();
    int[] each = new int[names.size()];
    Arrays.fill(each, 1);
    ClassPairs pairs =
        Arrays.stream(index).allMatch(i -> i >= 0)
            ? new ClassPairs(index, false)
            : of(names, each, teacher.labels());
    if (pairs.byOrder && !teacher.labels().equals(student.labels())) {
      throw new MobileNetException(
          "no class has a name of the student's (%s), its own are %s; its order alone is not trusted"
              .formatted(
                  Visible.first(names, SHOWN), Visible.first(teacher.labels().names(), SHOWN)));
    }
    Map<Integer, String> taken = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String other = taken.put(pairs.index[i], names.get(i));
      if (other != null) {
        throw new MobileNetException(
            "classes \"%s\" and \"%s\" are one of its classes, \"%s\""
                .formatted(other, names.get(i), teacher.labels().name(pairs.index[i])));
      }
    }
    return pairs;
  }

  /** Returns the WordNet number that a name begins with, the name if it does not. */
  private static String number(String name) {
    return name.replaceFirst("^(n[0-9]{8})[ _-].*", "$1");
  }

  private static ClassPairs of(List<String> classes, int[] counts, Labels labels) {
    int[] imageNet = classes.stream().mapToInt(WordNet::index).toArray();
    List<String> imageNetNames = Names.spoken(Labels.imagenet());
    List<String> folders =
        IntStream.range(0, imageNet.length)
            .mapToObj(i ->
                imageNet[i] < 0
                    ? Names.withoutSpelling(classes.get(i).replaceFirst("^n[0-9]{8}[ _-]", ""))
                    : imageNetNames.get(imageNet[i]))
            .toList();
    int[] order = order(classes.size(), labels.names().size(), false, isBackground(labels));
    int[] exact = sameNames(classes, labels.names(), order);
    int[] spoken = sameNames(folders, Names.spoken(labels), order);
    // Two classes of ImageNet may have one name, and are then told apart by their number.
    int background = WordNet.areImageNet(labels) ? labels.names().size() - IMAGENET : ABSENT;
    int[] index =
        IntStream.range(0, exact.length)
            .map(i ->
                exact[i] >= 0
                    ? exact[i]
                    : imageNet[i] >= 0 && background >= 0 ? imageNet[i] + background : spoken[i])
            .toArray();
    if (Arrays.stream(index).allMatch(i -> i == ABSENT)
        && Arrays.stream(order).allMatch(i -> i >= 0)) {
      return new ClassPairs(order, true);
    }
    for (int i = 0; i < index.length; i++) {
      if (counts[i] > 0 && index[i] < 0) {
        List<String> names = labels.names();
        throw new MobileNetException(
            "class \"%s\" of the data is %s of the model's %s: %s"
                .formatted(
                    classes.get(i),
                    index[i] == ABSENT ? "none" : "more than one",
                    names.size(),
                    Visible.first(names, SHOWN)));
      }
    }
    return new ClassPairs(index, false);
  }

  /**
   * Pairs the classes of two models in their order. Where one model has a background class first,
   * and but for that as many as the other, it is left out. Models of different numbers of classes
   * have no pairs else.
   */
  static ClassPairs byOrder(Labels first, Labels second) {
    int[] order =
        order(
            first.names().size(),
            second.names().size(),
            hasBackground(first),
            hasBackground(second));
    return new ClassPairs(order, true);
  }

  /**
   * Pairs the classes of two models by name, be they elsewhere in the order; what is left over is
   * paired in its order. Without names on either side there is the order only. No class has two
   * partners.
   */
  static ClassPairs byName(Labels first, Labels second) {
    ClassPairs order = byOrder(first, second);
    if (first.areNumbered() || second.areNumbered()) {
      return order;
    }
    int[] names = sameNames(Names.spoken(first), Names.spoken(second), order.index);
    int[] index = new int[names.length];
    Arrays.fill(index, ABSENT);
    boolean[] taken = new boolean[second.names().size()];
    // Who has the same name and the same place goes first, then who has the same name.
    pair(
        index,
        taken,
        IntStream.range(0, index.length)
            .map(i -> names[i] == order.index[i] ? names[i] : ABSENT)
            .toArray());
    pair(index, taken, names);
    pair(index, taken, order.index);
    return new ClassPairs(index, false);
  }

  private static void pair(int[] index, boolean[] taken, int[] candidates) {
    for (int i = 0; i < index.length; i++) {
      int other = candidates[i];
      if (index[i] < 0 && other >= 0 && !taken[other]) {
        index[i] = other;
        taken[other] = true;
      }
    }
  }

  /** Returns the places of the same names: at the same place of the order, or the only one. */
  private static int[] sameNames(List<String> names, List<String> others, int[] order) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < others.size(); i++) {
      places.merge(others.get(i), i, (_, _) -> AMBIGUOUS);
    }
    return IntStream.range(0, names.size())
        .map(i ->
            order[i] >= 0 && names.get(i).equals(others.get(order[i]))
                ? order[i]
                : places.getOrDefault(names.get(i), ABSENT))
        .toArray();
  }

  /** Returns the pairs of so many classes with so many others, one of which may have more. */
  private static int[] order(int count, int others, boolean background, boolean otherBackground) {
    int more = count - others;
    boolean paired = more == 0 || more == 1 && background || more == -1 && otherBackground;
    return IntStream.range(0, count).map(i -> paired && i >= more ? i - more : ABSENT).toArray();
  }

  private static boolean hasBackground(Labels labels) {
    return labels.areNumbered()
        ? labels.names().size() == IMAGENET_WITH_BACKGROUND
        : isBackground(labels);
  }

  private static boolean isBackground(Labels labels) {
    return !labels.names().isEmpty() && Names.spoken(labels).getFirst().equals("background");
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
