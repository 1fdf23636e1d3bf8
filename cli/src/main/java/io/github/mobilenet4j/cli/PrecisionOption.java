package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import picocli.CommandLine.Option;

/** What the network computes in. */
final class PrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "P",
      description =
          "What the network computes in: float32, bfloat16, or int8, which only a quantised model"
              + " can. Default: what the weights are made for.")
  private Precision precision;

  /** Returns what was asked for, or what weights are made for. */
  Precision of(Weights weights) {
    return precision == null ? Precision.of(weights) : precision;
  }

  /**
   * Returns what was asked for, or what a model's weights are made for.
   *
   * @throws MobileNetException if the model cannot be computed in what was asked for
   */
  Precision of(Model model) {
    return precision == null ? of(model.weights()) : precision.requireFor(model);
  }
}
