package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.weights.Model;
import java.util.List;
import java.util.Optional;

/**
 * What a training came to.
 *
 * @param model the best model
 * @param quantized the same in integers of 8 bits, if it has learned to be
 * @param epochs a row for each complete epoch
 * @param finished false if it was stopped and can go on
 * @param evaluation the best model, in integers if there are, on the test pictures, or the
 *     validation pictures where there are none; empty if it was stopped or there are neither
 */
public record TrainingResult(
    Model model,
    Optional<Model> quantized,
    List<EpochMetrics> epochs,
    boolean finished,
    Optional<Evaluation> evaluation) {
  /** Copies the list. */
  public TrainingResult {
    epochs = List.copyOf(epochs);
  }
}
