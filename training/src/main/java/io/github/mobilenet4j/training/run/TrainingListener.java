package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.network.MobileNetV1;

/** Is told of the progress of a training, on its thread. */
public interface TrainingListener {
  /**
   * The training begins or goes on.
   *
   * @param network what is trained
   * @param epoch the epoch under way, from 1
   * @param epochs how many there will be
   */
  default void begins(MobileNetV1 network, int epoch, int epochs) {}

  /** A step is done. */
  default void step(StepMetrics step) {}

  /**
   * Validation pictures are done.
   *
   * @param of how many there are
   */
  default void validating(int images, int of) {}

  /**
   * An epoch is done and validated.
   *
   * @param best whether its model is the best so far
   */
  default void epoch(EpochMetrics metrics, boolean best) {}

  /**
   * The folder has a new checkpoint, and all files that belong to it.
   *
   * @param progress the steps that it has behind it
   */
  default void saved(long progress) {}

  /** Something that people should know: a line. */
  default void note(String line) {}
}
