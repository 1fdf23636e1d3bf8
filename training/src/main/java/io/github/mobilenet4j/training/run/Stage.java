package io.github.mobilenet4j.training.run;

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
    int head = options.classifierEpochs();
    Stage all = new Stage(head, options.epochs(), options.frozenBlocks(), false);
    return head == 0
        ? List.of(all)
        : List.of(new Stage(0, head, TrainingOptions.WHOLE_BACKBONE, true), all);
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
