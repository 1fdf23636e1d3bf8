package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;

/** One way to run a network, made ready for one input. */
interface Engine extends AutoCloseable {

  /**
   * What is to be run.
   *
   * @param network the network
   * @param weights its weights
   * @param x {@code [batch, H, W, 3]}; an engine of another layout makes its own copy beforehand
   * @param batch pictures in x
   * @param threads threads that the engine may use
   */
  record Job(MobileNetV1 network, Weights weights, float[] x, int batch, int threads) {}

  /** Computes the logits of the whole input once. */
  void run();

  /** Returns {@code [batch, classes]} of the last run; may copy. */
  float[] logits();

  @Override
  void close();
}
