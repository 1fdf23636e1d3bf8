package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.evaluation.ClassScores;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.files.RecordJson;
import java.util.Arrays;
import java.util.List;

/** The measures of a model as one JSON object; the help of {@code evaluate} names its fields. */
final class EvaluationJson {
  private EvaluationJson() {}

  static JsonObject of(Evaluation e, boolean classesByOrder) {
    return new JsonObject()
        .with("images", e.images())
        .with("imagesPerSecond", e.imagesPerSecond())
        .with("top1", e.top1())
        .with("top1Interval", List.of(e.top1Interval().low(), e.top1Interval().high()))
        .with("top5", e.top5())
        .with("loss", e.loss())
        .with("macroPrecision", e.macroPrecision())
        .with("macroRecall", e.macroRecall())
        .with("macroF1", e.macroF1())
        .with("meanConfidence", e.meanConfidence())
        .with("expectedCalibrationError", e.expectedCalibrationError())
        .with("unknown", e.unknown())
        .with("reliability", e.reliability(), RecordJson::of)
        .with("classes", e.scores(), EvaluationJson::scores)
        .with(
            "confusion",
            Arrays.stream(e.confusionMatrix())
                .map(row -> Arrays.stream(row).boxed().toList())
                .toList())
        .with("classesByOrder", classesByOrder)
        .with(
            "unreadable",
            e.unreadable(),
            u -> new JsonObject().with("name", u.name()).with("reason", u.reason()));
  }

  private static JsonObject scores(ClassScores scores) {
    return new JsonObject()
        .with("name", scores.name())
        .with("precision", scores.precision())
        .with("recall", scores.recall())
        .with("f1", scores.f1())
        .with("support", scores.support());
  }
}
