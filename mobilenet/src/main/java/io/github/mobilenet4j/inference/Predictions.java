package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Confidence;
import io.github.mobilenet4j.weights.Model;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/**
 * What a model says of one image: an unmodifiable list of its most probable classes, most probable
 * first, and {@linkplain #unknown whether it shows any of them} at all.
 */
public final class Predictions extends AbstractList<Prediction> implements RandomAccess {
  private final List<Prediction> classes;
  private final boolean unknown;

  private Predictions(List<Prediction> classes, boolean unknown) {
    this.classes = classes;
    this.unknown = unknown;
  }

  /**
   * Returns what the logits of one image say, such as a {@link Session} gives: the most probable
   * classes, most probable first; of equal ones the lower index first.
   *
   * @param model which turns logits into probabilities, and names the classes
   * @param logits {@code [outputs]}: of each class, and of the others if there are outputs for
   *     them; one of a network with a single logit for two classes
   * @param top how many classes to return, ≥ 1; all, if there are fewer
   * @throws MobileNetException if the number of logits is another, top is below 1, or the network
   *     has no classifier
   */
  public static Predictions of(Model model, float[] logits, int top) {
    model.network().requireClassifier();
    int outputs = model.network().outputs();
    if (logits.length != outputs) {
      throw new MobileNetException(
          "logits are %s values, expected %s".formatted(logits.length, outputs));
    }
    Confidence confidence = model.confidence();
    float[] probabilities = confidence.probabilities(model.network().head(), logits);
    return new Predictions(
        Prediction.top(probabilities, model.labels(), top),
        confidence.isUnknown(model.network().head(), logits, 0));
  }

  /**
   * Returns whether the image seems to show none of the model's classes: then the list says which
   * of them it is most like, and no more. Always false of a model without a {@linkplain
   * Confidence#threshold threshold}.
   */
  public boolean unknown() {
    return unknown;
  }

  @Override
  public Prediction get(int index) {
    return classes.get(index);
  }

  @Override
  public int size() {
    return classes.size();
  }
}
