package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.report.Epoch;
import io.github.mobilenet4j.report.HtmlReport;
import io.github.mobilenet4j.report.Mistake;
import io.github.mobilenet4j.report.Report;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes {@code report.html} at the end of a training. */
final class RunReport {
  /** Images in the report. */
  private static final int MISTAKES = 24;

  private RunReport() {}

  /**
   * @param images what the best model was evaluated on
   * @param evaluation empty if there were none
   */
  static void write(
      TrainingSetup setup,
      List<EpochMetrics> epochs,
      Dataset images,
      Optional<Evaluation> evaluation) {
    MobileNetV1 network = setup.network();
    Map<String, String> settings = new LinkedHashMap<>();
    setup.metadata().forEach((name, value) -> settings.put(name.replace('_', ' '), value));
    settings.putAll(setup.options().toTable());
    Report report =
        new Report(
            "%s classes, MobileNet V1 %s, %s×%s"
                .formatted(
                    network.classes(),
                    network.widthMultiplier(),
                    network.height(),
                    network.width()),
            "%s pictures to learn from; the figures are of the best model on %s others"
                .formatted(setup.data().train().size(), images.size()),
            epochs.stream()
                .map(m ->
                    new Epoch(
                        m.epoch(),
                        m.train().loss(),
                        m.train().top1(),
                        m.validation().loss(),
                        m.validation().top1(),
                        m.learningRate()))
                .toList(),
            evaluation,
            evaluation.map(e -> Mistake.worst(e, images, MISTAKES)).orElse(List.of()),
            settings);
    HtmlReport.write(report, setup.folder().report());
  }
}
