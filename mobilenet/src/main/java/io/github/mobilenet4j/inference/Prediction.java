package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.Logits;
import java.util.List;

/**
 * One class that a picture may belong to.
 *
 * @param index the class, 0-based
 * @param label its name
 * @param probability in [0, 1]
 */
public record Prediction(int index, String label, float probability) {
  /**
   * Returns the classes of the largest probabilities, largest first; of equal ones the lower index
   * first.
   *
   * @param probabilities {@code [classes]}, such as {@link Logits#softmax} returns
   * @param labels the classes' names
   * @param top how many classes to return, ≥ 1; all, if there are fewer
   * @throws MobileNetException if top is below 1, or a class has no name
   */
  public static List<Prediction> top(float[] probabilities, Labels labels, int top) {
    requireTop(top);
    return Logits.top(probabilities, top).stream()
        .map(i -> new Prediction(i, labels.name(i), probabilities[i]))
        .toList();
  }

  static void requireTop(int top) {
    if (top < 1) {
      throw new MobileNetException("top is " + top + ", expected >= 1");
    }
  }
}
