package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.TrainingGraph;
import java.util.List;

/**
 * Epochs in which the same part of the network is trained.
 *
 * @param begin its first epoch, from 0
 * @param end the epoch after its last
 * @param frozenBlocks what is not trained, as in {@link TrainingOptions#frozenBlocks}
 * @param classifierOnly whether it is the first of two, at a constant rate
 */
record Stage(int begin, int end, int frozenBlocks, boolean classifierOnly) {
  /** Returns the stages of a training: one, or the classifier alone first. */
  static List<Stage> of(TrainingOptions options) {
    int first = options.classifierEpochs();
    Stage all = new Stage(first, options.epochs(), options.frozenBlocks(), false);
    return first == 0
        ? List.of(all)
        : List.of(new Stage(0, first, TrainingOptions.WHOLE_BACKBONE, true), all);
  }

  /** Returns how many parts of a network are frozen: see {@link TrainingGraph#parts}. */
  int frozenParts(MobileNetV1 network) {
    return frozenBlocks == TrainingOptions.WHOLE_BACKBONE
        ? TrainingGraph.parts(network)
        : frozenBlocks;
  }

  /** Returns whether a training has come to the end of this stage, or to its own. */
  boolean isOver(Progress progress) {
    return progress.epoch() >= Math.min(end, progress.epochs());
  }

  /**
   * Returns the factor of the learning rate.
   *
   * @param epoch since the beginning of the training, with a fraction
   * @param epochs of the training
   * @param step what part of an epoch a step is
   */
  double rateFactor(TrainingOptions options, double epoch, int epochs, double step) {
    return classifierOnly
        ? 1
        : options
            .schedule()
            .factor(epoch - begin, Math.max(epochs - begin, 1), step, options.warmUpEpochs());
  }
}
