package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * How the weights of a network begin before it is trained. BatchNorm begins as the identity (γ = 1,
 * β = 0, mean 0, variance 1), biases as 0; the kinds differ in the kernels. What a parameter gets
 * depends on the seed, its name and its shape, not on the other parameters.
 */
public enum Initialization {
  /**
   * Normally distributed with variance 2 / (values summed for an output): He et al.,
   * arXiv:1502.01852, equation 10.
   */
  HE {
    @Override
    double kernel(RandomGenerator random, double std) {
      return random.nextGaussian(0, std);
    }

    @Override
    double std(double summed) {
      return Math.sqrt(2 / summed);
    }
  },
  /** Normally distributed with deviation 0.09, redrawn beyond two deviations: TF-Slim. */
  TRUNCATED_NORMAL {
    @Override
    double kernel(RandomGenerator random, double std) {
      double value = random.nextGaussian();
      while (Math.abs(value) > 2) {
        value = random.nextGaussian();
      }
      return std * value;
    }

    @Override
    double std(double summed) {
      return 0.09;
    }
  };

  abstract double kernel(RandomGenerator random, double std);

  abstract double std(double summed);

  /**
   * Returns the values that a parameter begins with.
   *
   * @param seed the same seed gives the same values
   */
  public float[] values(Parameter p, long seed) {
    float[] values = new float[Math.toIntExact(p.size())];
    switch (p.role()) {
      case KERNEL -> {
        RandomGenerator random = new SplittableRandom(31 * seed + p.name().hashCode());
        double std = std((double) p.size() / p.layer().out().channels());
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) kernel(random, std);
        }
      }
      case GAMMA, VARIANCE -> Arrays.fill(values, 1);
      case BETA, MEAN, BIAS -> {}
    }
    return values;
  }

  /**
   * Returns the weights that a network begins with.
   *
   * @param seed the same seed gives the same weights
   */
  public Weights.Trained weights(MobileNetV1 network, long seed) {
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : network.parameters()) {
      values.put(p.name(), values(p, seed));
    }
    return new Weights.Trained(values);
  }
}
