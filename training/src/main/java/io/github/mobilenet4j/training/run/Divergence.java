package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.TrainingParameter;
import io.github.mobilenet4j.weights.Finite;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds out where a training became one without numbers. */
final class Divergence {
  private Divergence() {}

  static boolean isIn(TrainingGraph graph) {
    return !graph.variables().stream().allMatch(p -> allFinite(p.values()));
  }

  /**
   * Returns what to throw.
   *
   * @param found what was noticed
   * @param progress before the step under way
   */
  static MobileNetException explained(
      String found, TrainingGraph graph, Progress progress, TrainingOptions options) {
    return new MobileNetException(
        String.format(
            Locale.ROOT,
            "step %d (epoch %d): %s; %s. Try a lower learning rate (now %s), a longer warm-up or"
                + " a limit of the gradient's norm. The last checkpoint is untouched",
            progress.step() + 1,
            progress.epoch() + 1,
            found,
            origin(graph),
            options.learningRate()));
  }

  /** Forward first: where that broke, everything after it did too. */
  private static String origin(TrainingGraph graph) {
    List<Parameter> order = graph.network().parameters();
    Optional<TrainingParameter> first =
        graph.variables().stream()
            .filter(p -> !allFinite(p.values()))
            .min(Comparator.comparingInt(p -> order.indexOf(p.definition())));
    if (first.isPresent()) {
      return "it began in " + first.get().name();
    }
    for (TrainingParameter p : graph.parameters().reversed()) {
      if (!allFinite(p.gradient())) {
        return "it began in the gradient of " + p.name();
      }
    }
    return "all weights are finite, so it is the logits that are too large";
  }

  private static boolean allFinite(float[] values) {
    return Finite.firstNot(values, 0, values.length) < 0;
  }
}
