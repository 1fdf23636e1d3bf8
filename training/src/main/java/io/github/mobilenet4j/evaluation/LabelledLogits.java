package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Logits;

/**
 * What a model computed for images whose classes are known.
 *
 * @param logits {@code [n, classes]}, as {@link ClassifierActivation#ofClasses} returns them; not
 *     copied
 * @param labels the class of each, {@code [n]}; not copied
 * @param classes how many there are
 * @param activation what makes probabilities of the logits
 */
@SuppressWarnings("ArrayRecordComponent")
public record LabelledLogits(
    float[] logits, int[] labels, int classes, ClassifierActivation activation) {
  /** Returns of how many images the largest logit is another class's. */
  public int mistakes() {
    int mistakes = 0;
    for (int i = 0; i < labels.length; i++) {
      mistakes += Logits.argmax(logits, i, classes) == labels[i] ? 0 : 1;
    }
    return mistakes;
  }
}
