package io.github.mobilenet4j.report;

import java.util.List;

/**
 * One row of the history of a training. What was not measured is NaN. The best epoch is the one
 * with the highest validation accuracy; of several, that with the lowest validation loss.
 *
 * @param number counted from 1
 * @param trainLoss mean over the epoch's pictures, as augmented, in nats
 * @param trainAccuracy the part of them that was correct, in [0, 1]
 * @param validationLoss after the epoch, in nats
 * @param validationAccuracy after the epoch, in [0, 1]
 * @param learningRates over the epoch at even distances, the last at its end
 */
public record Epoch(
    int number,
    double trainLoss,
    double trainAccuracy,
    double validationLoss,
    double validationAccuracy,
    List<Double> learningRates) {
  /** Copies the list. */
  public Epoch {
    learningRates = List.copyOf(learningRates);
  }
}
