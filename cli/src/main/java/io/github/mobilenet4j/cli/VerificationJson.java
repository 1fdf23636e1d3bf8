package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.evaluation.Verification;
import io.github.mobilenet4j.evaluation.Verification.Agreement;
import io.github.mobilenet4j.evaluation.Verification.Difference;
import io.github.mobilenet4j.evaluation.Verification.LayerOutputs;
import java.io.PrintWriter;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/**
 * How far two models are apart, as one JSON object; the help of {@code verify} names its fields.
 */
final class VerificationJson {
  private VerificationJson() {}

  static void print(
      PrintWriter out,
      List<ModelDifference> differences,
      Verification verification,
      double tolerance,
      List<ImageStream.Item> unreadable) {
    Json.print(
        out,
        json -> {
          json.writeBooleanProperty("agree", verification.agree(tolerance));
          json.writeNumberProperty("tolerance", tolerance);
          json.writeNumberProperty("images", verification.images());
          json.writeNumberProperty("classes", verification.classes());
          Json.objects(json, "differences", differences, VerificationJson::difference);
          Json.objects(json, "answers", verification.agreements(), VerificationJson::agreements);
          verification
              .firstDifference(tolerance)
              .ifPresentOrElse(
                  layer -> json.writeStringProperty("firstLayer", layer.first().name()),
                  () -> json.writeNullProperty("firstLayer"));
          Json.objects(json, "layers", verification.layers(), VerificationJson::layer);
          Json.objects(json, "unreadable", unreadable, VerificationJson::unreadable);
        });
  }

  private static void difference(JsonGenerator json, ModelDifference difference) {
    json.writeStringProperty("name", difference.name());
    json.writeStringProperty("model", difference.first());
    json.writeStringProperty("against", difference.second());
  }

  private static void agreements(JsonGenerator json, Agreement agreements) {
    json.writeBooleanProperty("sameInput", agreements.sameInput());
    json.writeBooleanProperty("classesByOrder", agreements.classesByOrder());
    numbers(json, agreements.logits());
    json.writeNumberProperty("sameTop1", agreements.sameTop1());
    json.writeStringProperty("farthest", agreements.farthest());
  }

  private static void layer(JsonGenerator json, LayerOutputs layer) {
    json.writeStringProperty("name", layer.first().name());
    numbers(json, layer.difference());
  }

  private static void numbers(JsonGenerator json, Difference difference) {
    number(json, "largest", difference.largest());
    number(json, "relative", difference.relative());
  }

  /** JSON has no infinity. */
  private static void number(JsonGenerator json, String name, double value) {
    if (Double.isInfinite(value)) {
      json.writeNullProperty(name);
    } else {
      json.writeNumberProperty(name, value);
    }
  }

  private static void unreadable(JsonGenerator json, ImageStream.Item item) {
    Json.path(json, item.path());
    json.writeStringProperty("error", item.fault().getMessage());
  }
}
