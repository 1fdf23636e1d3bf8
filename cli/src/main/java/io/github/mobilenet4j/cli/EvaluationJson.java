package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.evaluation.ClassScores;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.ReliabilityBin;
import java.io.PrintWriter;
import tools.jackson.core.JsonGenerator;

/** The measures of a model as one JSON object; the help of {@code evaluate} names its fields. */
final class EvaluationJson {
  private EvaluationJson() {}

  static void print(PrintWriter out, Evaluation e, boolean classesByOrder) {
    Json.print(
        out,
        json -> {
          json.writeNumberProperty("images", e.images());
          json.writeNumberProperty("imagesPerSecond", e.imagesPerSecond());
          json.writeNumberProperty("top1", e.top1());
          json.writeArrayPropertyStart("top1Interval");
          json.writeNumber(e.top1Interval().low());
          json.writeNumber(e.top1Interval().high());
          json.writeEndArray();
          json.writeNumberProperty("top5", e.top5());
          json.writeNumberProperty("loss", e.loss());
          json.writeNumberProperty("macroPrecision", e.macroPrecision());
          json.writeNumberProperty("macroRecall", e.macroRecall());
          json.writeNumberProperty("macroF1", e.macroF1());
          json.writeNumberProperty("meanConfidence", e.meanConfidence());
          json.writeNumberProperty("expectedCalibrationError", e.expectedCalibrationError());
          Json.objects(json, "reliability", e.reliability(), EvaluationJson::bin);
          Json.objects(json, "classes", e.scores(), EvaluationJson::scores);
          json.writeArrayPropertyStart("confusion");
          for (int[] row : e.confusionMatrix()) {
            json.writeArray(row, 0, row.length);
          }
          json.writeEndArray();
          json.writeBooleanProperty("classesByOrder", classesByOrder);
          Json.objects(
              json,
              "unreadable",
              e.unreadable(),
              (_, u) -> {
                json.writeStringProperty("name", u.name());
                json.writeStringProperty("reason", u.reason());
              });
        });
  }

  private static void bin(JsonGenerator json, ReliabilityBin bin) {
    json.writeNumberProperty("from", bin.from());
    json.writeNumberProperty("to", bin.to());
    json.writeNumberProperty("images", bin.images());
    json.writeNumberProperty("confidence", bin.confidence());
    json.writeNumberProperty("accuracy", bin.accuracy());
  }

  private static void scores(JsonGenerator json, ClassScores scores) {
    json.writeStringProperty("name", scores.name());
    json.writeNumberProperty("precision", scores.precision());
    json.writeNumberProperty("recall", scores.recall());
    json.writeNumberProperty("f1", scores.f1());
    json.writeNumberProperty("support", scores.support());
  }
}
