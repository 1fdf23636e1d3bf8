package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Compares the tensors that a network needs with those that were found. */
final class ShapeCheck {
  private static final int MOST_FAULTS = 12;

  private ShapeCheck() {}

  /**
   * Passes if names and shapes are the same.
   *
   * @param source where the tensors come from, for messages
   * @throws MobileNetException naming the missing, extra and misshapen tensors
   */
  static void check(
      String source, Map<String, List<Integer>> expected, Map<String, List<Integer>> found) {
    List<String> faults = new ArrayList<>();
    expected.forEach((name, shape) -> {
      List<Integer> actual = found.get(name);
      if (actual == null) {
        faults.add("missing " + MobileNetException.abridged(name) + " " + shape);
      } else if (!actual.equals(shape)) {
        faults.add(
            "%s has shape %s, expected %s"
                .formatted(
                    MobileNetException.abridged(name), MobileNetException.abridged(actual), shape));
      }
    });
    found.keySet().stream()
        .filter(name -> !expected.containsKey(name))
        .sorted()
        .forEach(name -> faults.add("unexpected " + MobileNetException.abridged(name)));
    if (faults.isEmpty()) {
      return;
    }
    int more = faults.size() - MOST_FAULTS;
    String first = String.join("; ", more > 0 ? faults.subList(0, MOST_FAULTS) : faults);
    throw new MobileNetException(
        source + ": " + first + (more > 0 ? "; and " + more + " more" : ""));
  }
}
