package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.evaluation.Verification;
import io.github.mobilenet4j.evaluation.Verification.Agreement;
import io.github.mobilenet4j.evaluation.Verification.LayerOutputs;
import java.util.List;

/**
 * How far two models are apart, as one JSON object; the help of {@code verify} names its fields.
 */
final class VerificationJson {
  private VerificationJson() {}

  static JsonObject of(
      List<ModelDifference> differences,
      Verification verification,
      double tolerance,
      List<ImageStream.Item> unreadable) {
    return new JsonObject()
        .with("agree", verification.agree(tolerance))
        .with("tolerance", tolerance)
        .with("images", verification.images())
        .with("classes", verification.classes())
        .with(
            "differences",
            differences,
            d ->
                new JsonObject()
                    .with("name", d.name())
                    .with("model", d.first())
                    .with("against", d.second()))
        .with("answers", verification.agreements(), VerificationJson::agreement)
        .with(
            "firstLayer",
            verification.firstDifference(tolerance).map(layer -> layer.first().name()).orElse(null))
        .with("layers", verification.layers(), VerificationJson::layer)
        .with("unreadable", unreadable, VerificationJson::unreadable);
  }

  private static JsonObject agreement(Agreement agreement) {
    return new JsonObject()
        .with("sameInput", agreement.sameInput())
        .with("classesByOrder", agreement.classesByOrder())
        .with("largest", agreement.logits().largest())
        .with("relative", agreement.logits().relative())
        .with("sameTop1", agreement.sameTop1())
        .with("farthest", agreement.farthest());
  }

  private static JsonObject layer(LayerOutputs layer) {
    return new JsonObject()
        .with("name", layer.first().name())
        .with("largest", layer.difference().largest())
        .with("relative", layer.difference().relative());
  }

  private static JsonObject unreadable(ImageStream.Item item) {
    return JsonObject.of(item.path()).with("error", item.fault().getMessage());
  }
}
