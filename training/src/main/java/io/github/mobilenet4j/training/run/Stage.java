package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.FakeQuantization;
import io.github.mobilenet4j.training.TrainingGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Epochs in which the same part of the network is trained in the same way.
 *
 * @param begin its first epoch, from 0
 * @param end the epoch after its last
 * @param since the epoch since which the same part is trained, by the same optimizer and schedule
 * @param frozenBlocks what is not trained, as in {@link TrainingOptions#frozenBlocks}
 * @param rounding what the network computes with
 * @param last whether none comes after it
 */
record Stage(int begin, int end, int since, int frozenBlocks, Rounding rounding, boolean last) {
  /** What a network computes with. */
  enum Rounding {
    /** Floats. */
    NONE,
    /** What integers hold; ranges and statistics follow the data. */
    FOLLOWING,
    /** What integers hold; ranges and statistics stay, as they will in the integers. */
    SETTLED
  }

  /**
   * Returns the stages of a training: one; the classifier alone first; and at the end those that
   * round, of which the last third is settled.
   */
  static List<Stage> of(TrainingOptions options) {
    int first = options.classifierEpochs();
    int end = options.epochs();
    int rounded = options.quantize() ? options.quantizeFrom() - 1 : end;
    int settled = end - (end - rounded + 1) / 3;
    int frozen = options.frozenBlocks();
    List<Stage> stages = new ArrayList<>();
    stages.add(new Stage(0, first, 0, TrainingOptions.WHOLE_BACKBONE, Rounding.NONE, false));
    stages.add(new Stage(first, rounded, first, frozen, Rounding.NONE, rounded == end));
    stages.add(new Stage(rounded, settled, first, frozen, Rounding.FOLLOWING, settled == end));
    stages.add(new Stage(settled, end, first, frozen, Rounding.SETTLED, true));
    stages.removeIf(stage -> stage.begin == stage.end);
    return stages;
  }

  /** Returns how many parts of a network are frozen: see {@link TrainingGraph#parts}. */
  int frozenParts(MobileNetV1 network) {
    return frozenBlocks == TrainingOptions.WHOLE_BACKBONE
        ? TrainingGraph.parts(network)
        : frozenBlocks;
  }

  /**
   * Returns how the network is rounded.
   *
   * @param ranges as they are so far
   */
  Optional<FakeQuantization> quantization(TrainingOptions options, Map<String, float[]> ranges) {
    return rounding == Rounding.NONE
        ? Optional.empty()
        : Optional.of(
            new FakeQuantization(options.perTensor(), rounding == Rounding.SETTLED, ranges));
  }

  /** Returns whether a training has come to the end of this stage, or to its own. */
  boolean isOver(Progress progress) {
    return progress.epoch() >= Math.min(end, progress.epochs());
  }

  /** Returns whether a training has not made a step of this stage. */
  boolean isNew(Progress progress) {
    return progress.epoch() == begin && progress.batch() == 0;
  }

  /**
   * Returns the learning rate of the classifier.
   *
   * @param epoch since the beginning of the training, with a fraction
   * @param epochs of the training
   * @param step what part of an epoch a step is
   */
  double learningRate(TrainingOptions options, double epoch, int epochs, double step) {
    double factor =
        since < options.classifierEpochs()
            ? 1
            : options
                .schedule()
                .factor(epoch - since, Math.max(epochs - since, 1), step, options.warmUpEpochs());
    return options.learningRate() * factor;
  }
}
