package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.weights.Weights;
import java.util.SplittableRandom;

/** One way to train a network, made ready for one batch. */
interface TrainingEngine extends AutoCloseable {
  /** Share of the last change that goes into the next one. */
  double MOMENTUM = 0.9;

  /** Share of a batch's statistics in the running ones, in PyTorch's convention. */
  double BATCH_NORM_MOMENTUM = 0.1;

  /**
   * What is to be trained.
   *
   * @param input the network, its first weights, the pictures and the threads
   * @param labels the class of each picture
   * @param learningRate of SGD
   */
  record Job(Engine.Job input, int[] labels, double learningRate) {
    /**
     * At a larger one, training multiplies the rounding errors of its first steps until engines no
     * longer compute the same; a step takes as long at any.
     */
    private static final double SMALL_RATE = 1e-6;

    /** Returns a job with seeded random weights, input and labels. */
    static Job random(Setting setting) {
      Engine.Job input = Engine.Job.random(setting.network(), setting.batch(), setting.threads());
      int[] labels =
          new SplittableRandom(3).ints(input.batch(), 0, input.network().classes()).toArray();
      return new Job(input, labels, SMALL_RATE);
    }
  }

  /**
   * Trains on the batch once: forward with the statistics of the batch, backward, SGD.
   *
   * @return the mean cross entropy before the weights changed
   */
  float step();

  /** Returns all values as they are now. */
  Weights weights();

  @Override
  void close();
}
