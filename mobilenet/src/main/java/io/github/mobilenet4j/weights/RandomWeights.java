package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Seeded weights for networks that nobody trained. Kernels have He's variance of 2 / (values summed
 * for an output), so that activations keep their size through all layers and a wrong tap shows;
 * BatchNorm's values lie off (0, 1), so that a forgotten one shows too.
 */
public final class RandomWeights {
  private RandomWeights() {}

  /**
   * Returns weights.
   *
   * @param seed the same seed gives the same weights
   */
  public static Weights.Trained of(MobileNetV1 network, long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : network.parameters()) {
      double summed = (double) p.size() / p.layer().out().channels();
      values.put(
          p.name(),
          switch (p.role()) {
            case KERNEL -> normal(random, p, 0, Math.sqrt(2 / summed));
            case GAMMA, VARIANCE -> normal(random, p, 1, 0.05);
            case BETA, MEAN, BIAS -> normal(random, p, 0, 0.1);
          });
    }
    return new Weights.Trained(values);
  }

  private static float[] normal(RandomGenerator random, Parameter p, double mean, double std) {
    float[] values = new float[Math.toIntExact(p.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian(mean, std);
    }
    return values;
  }
}
