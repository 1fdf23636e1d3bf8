package io.github.mobilenet4j.server.studio;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Something that who teaches should know.
 *
 * @param kind which the page has words for
 * @param values that stand in the words
 * @param pictures that it is about
 */
record Advice(Kind kind, Map<String, Object> values, List<Picture> pictures) {
  private static final int FEW = 10;
  private static final int IMBALANCE = 4;
  private static final double SWALLOWS = 0.5;
  private static final int SHOWN = 24;

  /** What it is about. */
  enum Kind {
    /** A class has fewer than ten images. */
    FEW,
    /** A class has more than four times the images of another. */
    IMBALANCE,
    /** Half of the images of all others are taken for one class. */
    SWALLOWS,
    /** Nearly the same image lies in two classes. */
    TWINS_APART,
    /** Nearly the same image lies in a class more than once. */
    TWINS,
    /** The class of an image seems to be another. */
    DOUBTFUL,
    /** An image cannot be read. */
    UNREADABLE
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", kind.name());
    json.put("values", values);
    json.put("images", pictures.stream().limit(SHOWN).map(Advice::json).toList());
    return json;
  }

  private static Map<String, Object> json(Picture picture) {
    return Map.of("class", picture.className(), "name", picture.name());
  }

  /** Returns what can be said by counting. */
  static List<Advice> counting(Contents contents, List<Picture> unreadable) {
    List<Advice> all = new ArrayList<>();
    if (!unreadable.isEmpty()) {
      all.add(new Advice(Kind.UNREADABLE, Map.of("count", unreadable.size()), unreadable));
    }
    Map<String, Integer> counts = new LinkedHashMap<>();
    contents.classes().forEach(name -> counts.put(name, 0));
    contents.pictures().forEach(picture -> counts.merge(picture.className(), 1, Integer::sum));
    String most = "";
    String least = "";
    for (Map.Entry<String, Integer> entry : counts.entrySet()) {
      if (entry.getValue() < FEW) {
        all.add(
            new Advice(
                Kind.FEW, Map.of("class", entry.getKey(), "count", entry.getValue()), List.of()));
      }
      most = most.isEmpty() || entry.getValue() > counts.get(most) ? entry.getKey() : most;
      least = least.isEmpty() || entry.getValue() < counts.get(least) ? entry.getKey() : least;
    }
    if (!most.isEmpty() && counts.get(least) > 0) {
      double times = (double) counts.get(most) / counts.get(least);
      if (times > IMBALANCE) {
        all.add(
            new Advice(
                Kind.IMBALANCE, Map.of("most", most, "least", least, "times", times), List.of()));
      }
    }
    return all;
  }

  /** Returns what a review says, and images that are nearly the same. */
  static List<Advice> looking(Review review, List<Twins.Pair> twins) {
    List<Advice> all = new ArrayList<>();
    review
        .swallowed()
        .forEach((name, part) -> {
          if (part > SWALLOWS) {
            all.add(new Advice(Kind.SWALLOWS, Map.of("class", name, "part", part), List.of()));
          }
        });
    List<Review.Answer> doubtful = review.doubtful();
    if (!doubtful.isEmpty()) {
      all.add(
          new Advice(
              Kind.DOUBTFUL,
              Map.of("count", doubtful.size()),
              doubtful.stream().map(Review.Answer::picture).toList()));
    }
    for (boolean apart : new boolean[] {true, false}) {
      List<Twins.Pair> own =
          twins.stream()
              .filter(pair -> apart != pair.first().className().equals(pair.second().className()))
              .toList();
      if (!own.isEmpty()) {
        List<Picture> pictures = new ArrayList<>();
        own.forEach(pair -> pictures.addAll(List.of(pair.first(), pair.second())));
        all.add(
            new Advice(
                apart ? Kind.TWINS_APART : Kind.TWINS, Map.of("count", own.size()), pictures));
      }
    }
    return all;
  }
}
