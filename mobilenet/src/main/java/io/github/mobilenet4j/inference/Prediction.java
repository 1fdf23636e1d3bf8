package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.weights.Model;
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
   * Returns what the logits of one image say, such as a {@link Session} gives: the most probable
   * classes, most probable first; of equal ones the lower index first.
   *
   * @param model which turns logits into probabilities, and names the classes
   * @param logits {@code [classes]}, or one of a network with a single logit for two classes
   * @param top how many classes to return, ≥ 1; all, if there are fewer
   * @throws MobileNetException if the number of logits is another, top is below 1, or the network
   *     has no classifier
   */
  public static List<Prediction> of(Model model, float[] logits, int top) {
    model.network().requireClassifier();
    int outputs = model.network().outputs();
    if (logits.length != outputs) {
      throw new MobileNetException(
          "logits are %s values, expected %s".formatted(logits.length, outputs));
    }
    return top(model.network().head().activation().probabilities(logits), model.labels(), top);
  }

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
