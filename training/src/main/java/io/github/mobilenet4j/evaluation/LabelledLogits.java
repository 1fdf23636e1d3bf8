package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.network.MobileNetV1;

/**
 * What a model computed for images whose classes are known.
 *
 * @param outputs {@code [n, outputs]} of its network; not copied
 * @param labels the class of each, {@code [n]}; not copied
 * @param head what the outputs mean
 */
@SuppressWarnings("ArrayRecordComponent")
public record LabelledLogits(float[] outputs, int[] labels, MobileNetV1.Head head) {
  /**
   * Returns a logit for each class, {@code [n, classes]}: see {@link MobileNetV1.Head#ofClasses}.
   */
  public float[] logits() {
    return head.ofClasses(outputs, labels.length);
  }

  /** Returns of how many images the largest logit is another class's. */
  public int mistakes() {
    float[] logits = logits();
    int mistakes = 0;
    for (int i = 0; i < labels.length; i++) {
      mistakes += Logits.argmax(logits, i, head.classes()) == labels[i] ? 0 : 1;
    }
    return mistakes;
  }
}
