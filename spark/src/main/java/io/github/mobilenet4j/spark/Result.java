package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.weights.Model;

/**
 * What came of one image: what the network says, or an error. Without a classifier there are
 * features only.
 *
 * @param logits a logit for each class
 * @param probabilities {@code [classes]}
 * @param predictions the most probable classes
 * @param features {@code [features]}
 * @param error why the image could not be read, null if it could; all else is then null
 */
@SuppressWarnings("ArrayRecordComponent")
record Result(
    float[] logits,
    float[] probabilities,
    Predictions predictions,
    float[] features,
    String error) {
  /** Returns what came of an image that cannot be read. */
  static Result failed(String error) {
    return new Result(null, null, null, null, error);
  }

  /**
   * @param outputs what the network gave, not read where it has no classifier
   * @param topK how many classes to list, ≥ 1
   */
  static Result of(Model model, float[] outputs, float[] features, int topK) {
    if (!model.network().hasClassifier()) {
      return new Result(null, null, null, features, null);
    }
    var head = model.network().head();
    return new Result(
        head.ofClasses(outputs, 1),
        model.confidence().probabilities(head, outputs),
        Predictions.of(model, outputs, topK),
        features,
        null);
  }
}
