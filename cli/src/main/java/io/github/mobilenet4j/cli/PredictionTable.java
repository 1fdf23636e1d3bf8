package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.ImagePrediction;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a model predicted for each image, as a table (CSV, RFC 4180). Wrong ones come first, and of
 * these the most probable: there are the wrong labels, if there are any.
 */
final class PredictionTable {
  private static final String HEADING = "path,label,prediction,probability";

  private PredictionTable() {}

  static String of(Evaluation evaluation, Dataset data) {
    Comparator<ImagePrediction> wrongFirst = Comparator.comparing(ImagePrediction::correct);
    return Stream.concat(
            Stream.of(HEADING),
            evaluation.predictions().stream()
                .sorted(
                    wrongFirst.thenComparing(
                        Comparator.comparingDouble(ImagePrediction::confidence).reversed()))
                .map(p ->
                    String.join(
                        ",",
                        field(data.name(p.image())),
                        field(evaluation.classes().get(p.truth())),
                        field(evaluation.classes().get(p.predicted())),
                        String.format(Locale.ROOT, "%.6f", p.confidence()))))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String field(String text) {
    return text.chars().anyMatch(c -> ",\"\n\r".indexOf(c) >= 0)
        ? '"' + text.replace("\"", "\"\"") + '"'
        : text;
  }
}
