package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

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
  record Job(MobileNetV1 network, Weights.Trained weights, float[] x, int batch, int threads) {
    /** Returns a job with seeded random weights and normally distributed input. */
    static Job random(MobileNetV1 network, int batch, int threads) {
      float[] x = new float[Math.toIntExact(batch * network.input().size())];
      RandomGenerator random = new SplittableRandom(1);
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
      }
      return new Job(network, RandomWeights.of(network, 2), x, batch, threads);
    }

    /** Returns network and weights with labels and preprocessing, which no engine looks at. */
    Model model() {
      Labels labels = Labels.numbered(network.classes());
      return new Model(network, weights, Preprocessing.UNIT, labels, Map.of());
    }
  }

  /** Computes the logits of the whole input once. */
  void run();

  /** Returns {@code [batch, classes]} of the last run; may copy. */
  float[] logits();

  @Override
  void close();

  /** Returns max |a − b| / max |a|. */
  static double difference(float[] a, float[] b) {
    double most = 0;
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
      largest = Math.max(largest, Math.abs(a[i]));
    }
    return most / largest;
  }
}
