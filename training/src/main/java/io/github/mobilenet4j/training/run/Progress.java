package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import java.util.stream.DoubleStream;

/**
 * How far a training has come, and its sums over the epoch under way.
 *
 * @param epoch the epoch under way, from 0; as many as there are epochs at the end
 * @param epochs how many there will be: a time budget and early stopping lower it
 * @param batch the next batch of the epoch, from 0
 * @param step steps made since the beginning
 * @param images seen in this epoch
 * @param correct of them, how many were classified right before their step
 * @param lossSum sum of their losses
 * @param epochSeconds time of this epoch's steps
 * @param seconds time since the beginning, pauses left out
 * @param bestEpoch the epoch of the best model, −1 if there is none
 * @param bestTop1 its share of validation pictures classified right
 * @param bestLoss its validation loss
 */
record Progress(
    int epoch,
    int epochs,
    int batch,
    long step,
    int images,
    int correct,
    double lossSum,
    double epochSeconds,
    double seconds,
    int bestEpoch,
    double bestTop1,
    double bestLoss) {

  /**
   * Checks every value, since it may come from a file.
   *
   * @throws MobileNetException if one is out of its range
   */
  Progress {
    if (epoch < 0
        || epochs < 1
        || epoch > epochs
        || batch < 0
        || step < 0
        || images < 0
        || correct < 0
        || bestEpoch < -1
        || !DoubleStream.of(lossSum, epochSeconds, seconds, bestTop1, bestLoss)
            .allMatch(Double::isFinite)) {
      throw new MobileNetException("a number of the progress is out of its range");
    }
  }

  static Progress begin(int epochs) {
    return new Progress(0, epochs, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0);
  }

  boolean finished() {
    return epoch >= epochs;
  }

  /** Returns the mean loss of the epoch so far. */
  double loss() {
    return lossSum / images;
  }

  /** Returns the share of the epoch's pictures that were classified right. */
  double top1() {
    return (double) correct / images;
  }

  Progress afterStep(int nextBatch, int n, int right, double loss, double taken) {
    return new Progress(
        epoch,
        epochs,
        nextBatch,
        step + 1,
        images + n,
        correct + right,
        lossSum + n * loss,
        epochSeconds + taken,
        seconds + taken,
        bestEpoch,
        bestTop1,
        bestLoss);
  }

  /** Returns the beginning of the next epoch. */
  Progress afterEpoch(int nowEpochs, double taken) {
    return new Progress(
        epoch + 1, nowEpochs, 0, step, 0, 0, 0, 0, seconds + taken, bestEpoch, bestTop1, bestLoss);
  }

  Progress withBest(double top1, double loss) {
    return new Progress(
        epoch,
        epochs,
        batch,
        step,
        images,
        correct,
        lossSum,
        epochSeconds,
        seconds,
        epoch,
        top1,
        loss);
  }

  /**
   * Returns whether a validation is better than the best: more right, or as many with less loss.
   */
  boolean improvesOn(double top1, double loss) {
    return bestEpoch < 0 || top1 > bestTop1 || top1 == bestTop1 && loss < bestLoss;
  }
}
